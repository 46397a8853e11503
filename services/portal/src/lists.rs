//! Lists of the API as pages and as files: filters, the cursor, and what both need.

use crate::{
    error::PageError,
    forms,
    visit::{PageResult, Visit},
};
use actix_web::{
    HttpResponse,
    http::header::{self, HeaderValue},
};
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Parameters of an address.
pub(crate) type Query = Vec<(String, String)>;

/// The parameters that are set: neither absent nor blank.
pub(crate) fn given(filters: &(impl Serialize + ?Sized)) -> Query {
    let text = serde_html_form::to_string(filters).unwrap_or_default();
    let pairs: Query = serde_html_form::from_str(&text).unwrap_or_default();
    let trimmed = pairs.into_iter().map(|(name, value)| (name, value.trim().to_owned()));
    trimmed.filter(|(_, value)| !value.is_empty()).collect()
}

/// A query string, for links to the next page and to the file.
pub(crate) fn query_of(pairs: &Query) -> String {
    serde_html_form::to_string(pairs).unwrap_or_default()
}

/// A page of a list that was asked for, with the filters `F`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ListQuery<F> {
    #[serde(flatten)]
    pub(crate) filters: F,
    cursor: Option<String>,
}

/// A list without filters.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct NoFilters {}

impl<F: Serialize> ListQuery<F> {
    /// The first page of what these filters leave.
    pub(crate) fn of(filters: F) -> Self {
        Self { filters, cursor: None }
    }

    /// The filters that are set.
    pub(crate) fn filter(&self) -> Query {
        given(&self.filters)
    }

    /// The filters, and where the page begins.
    pub(crate) fn query(&self) -> Query {
        self.after(self.filter())
    }

    /// `query`, and where the page begins.
    pub(crate) fn after(&self, mut query: Query) -> Query {
        query.extend(given(&[("cursor", self.cursor.as_deref())]));
        query
    }

    /// Whether this is the first page.
    pub(crate) fn is_first(&self) -> bool {
        self.cursor.is_none()
    }
}

/// Whose money is asked for: what the organisation received, or everything that is reported.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct OfScope {
    pub(crate) scope: Option<String>,
}

/// What the template of a list is given of it: its rows, every filter (null where it is not set), and the filters that are
/// set as an address.
pub(crate) fn context_of(list: Value, filters: &impl Serialize) -> Value {
    json!({ "list": list, "filter": filters, "filter_query": query_of(&given(filters)), "problem": null })
}

/// A context, with more of it.
pub(crate) fn added(mut context: Value, more: Value) -> Value {
    if let Value::Object(more) = more {
        for (name, value) in more {
            context[name] = value;
        }
    }
    context
}

/// A list of the API as a page, with its filters and its files.
pub(crate) struct ListPage {
    /// The list in the API.
    pub(crate) path: &'static str,
    /// Its template, which extends `components/list/page.html`.
    pub(crate) template: &'static str,
    /// Rows of a page, where it is not for the API to say.
    pub(crate) limit: Option<&'static str>,
}

impl ListPage {
    pub(crate) const fn new(path: &'static str, template: &'static str) -> Self {
        Self { path, template, limit: None }
    }

    /// The page that is asked for, with what `more` adds to the context of its template.
    pub(crate) async fn show<W, F: Serialize>(
        &self,
        visit: &Visit<W>,
        asked: &ListQuery<F>,
        more: Value,
    ) -> PageResult {
        let context = self.context(visit, &asked.filters, asked.query()).await?;
        visit.page(self.template, added(context, more)).await
    }

    /// The context of its template, for a query that is not the filters alone. What is refused of the filters is a problem
    /// that the page shows, above no rows.
    pub(crate) async fn context<W>(
        &self,
        visit: &Visit<W>,
        filters: &impl Serialize,
        mut query: Query,
    ) -> Result<Value, PageError> {
        query.extend(given(&[("limit", self.limit)]));
        let (list, problem) = match forms::refused(or_empty(visit.get(self.path, &query).await), "")? {
            Ok(list) => (list, Value::Null),
            Err(problem) => (json!({ "items": [] }), problem),
        };
        Ok(added(context_of(list, filters), json!({ "problem": problem })))
    }

    /// The list as the file that `kind` says.
    pub(crate) async fn file<W>(&self, visit: &Visit<W>, filters: &impl Serialize, kind: &str) -> PageResult {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        visit.list_file(self.path, &given(filters), name, kind).await
    }
}

impl<W> Visit<W> {
    /// A list of the API, for its template.
    pub(crate) async fn list<F: Serialize>(
        &self,
        path: &str,
        asked: &ListQuery<F>,
    ) -> Result<Value, PageError> {
        Ok(context_of(self.get(path, &asked.query()).await?, &asked.filters))
    }

    /// Every row of a list; of one that nothing has been entered for yet, none.
    pub(crate) async fn all(
        &self,
        path: &str,
        query: &(impl Serialize + ?Sized),
    ) -> Result<Vec<Value>, PageError> {
        let mut found = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let mut query = given(query);
            query.push(("limit".to_owned(), "200".to_owned()));
            query.extend(cursor.take().map(|cursor| ("cursor".to_owned(), cursor)));
            let list = or_empty(self.get(path, &query).await)?;
            found.extend(items(&list).iter().cloned());
            cursor = list["next_cursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                return Ok(found);
            }
        }
    }

    /// A list of the API as the file that `kind` says.
    pub(crate) async fn list_file(&self, path: &str, query: &Query, name: &str, kind: &str) -> PageResult {
        let media_type = match kind {
            "csv" => "text/csv; charset=utf-8",
            "xlsx" => XLSX,
            _ => return Err(PageError::NotFound),
        };
        let answer = self.file(path, query, media_type).await?;
        let mut file = handed_through(answer, media_type, &format!("{name}.{kind}"));
        if path.starts_with("/v1/public/")
            && let Some(licence) = self.licence()
        {
            file.headers_mut().insert(header::LINK, licence);
        }
        Ok(file)
    }

    /// The licence of public data, as a file names it (RFC 8288); none where the organisation says nothing of it.
    fn licence(&self) -> Option<HeaderValue> {
        let site = self.state.organisation.present();
        HeaderValue::from_str(&format!("<{}>; rel=\"license\"", site["licence_url"].as_str()?)).ok()
    }

    /// A document of the API, handed on as it is; the platform decides who gets it.
    pub(crate) async fn document(&self, path: &str) -> PageResult {
        let answer = self.file(path, &Vec::new(), "*/*").await?;
        let header = |name: &str| {
            answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let (media_type, disposition) = (header("content-type"), header("content-disposition"));
        Ok(HttpResponse::Ok()
            .content_type(media_type)
            .insert_header(("content-disposition", disposition))
            .insert_header(("x-content-type-options", "nosniff"))
            .insert_header(("cache-control", "private, no-store"))
            .streaming(answer.bytes_stream().map_err(std::io::Error::other)))
    }
}

/// The media type of spreadsheets.
pub(crate) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Streams an answer of the API to the reader as a file.
pub(crate) fn handed_through(answer: reqwest::Response, media_type: &str, name: &str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(media_type)
        .insert_header(("content-disposition", format!("attachment; filename=\"{name}\"")))
        .insert_header(("cache-control", "private, no-store"))
        .streaming(answer.bytes_stream().map_err(std::io::Error::other))
}

/// JSON for a script of the page.
pub(crate) fn fresh_json(value: &Value) -> HttpResponse {
    HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(value)
}

/// Nothing has been entered yet: an empty platform has a home page all the same.
pub(crate) fn or_empty(result: Result<Value, PageError>) -> Result<Value, PageError> {
    match result {
        Err(PageError::Refused(problem)) if problem.status == 404 => Ok(json!({ "items": [] })),
        other => other,
    }
}

pub(crate) fn items(list: &Value) -> &[Value] {
    list["items"].as_array().map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Filters {
        q: Option<String>,
        r#type: Option<String>,
        state: Option<String>,
    }

    #[test]
    fn what_is_not_set_is_not_asked_for_and_the_cursor_is_no_filter() {
        let asked: ListQuery<Filters> =
            serde_html_form::from_str("q=+a+&type=x&state=&cursor=n&more=1").unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(asked.filter(), [pair("q", "a"), pair("type", "x")]);
        assert_eq!(asked.query().last(), Some(&pair("cursor", "n")));
        assert_eq!((query_of(&asked.filter()).as_str(), asked.is_first()), ("q=a&type=x", false));
        let none: Option<&str> = None;
        assert_eq!(given(&[("a", none), ("b", Some("1"))]), [pair("b", "1")]);
    }
}
