//! What follows a check, with the files that the platform still has: the import of the valid rows, or another check with other
//! columns.

use super::{
    new_donors,
    picked::{self, Unclear},
    show::{Again, import_of, show_page},
};
use crate::{
    forms::{Typed, own, refused},
    ids::Id,
    lists::{ListQuery, Query},
    visit::{PageResult, Writer},
};
use actix_web::web::{self, ServiceConfig};
use kernel::Fault;
use serde_json::{Map, Value, json};
use std::collections::HashSet;

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/console/imports/{id}/run", web::post().to(run))
        .route("/console/imports/{id}/check", web::post().to(check));
}

/// An id that no upload has.
const NO_UPLOAD: &str = "00000000-0000-0000-0000-000000000000";

/// Imports the valid rows of what was checked, with its columns, and with what was decided on new donors; goes on to the next
/// page of these as long as there is one.
async fn run(form: Writer, id: web::Path<Id>) -> PageResult {
    let import = import_of(&form, &id).await?;
    let donors = new_donors::of_import(&form, &import).await?;
    let (page, last) = (new_donors::page_of(&form.typed, &donors), new_donors::last_page(&donors));
    let mut typed = form.typed.clone();
    let looked_up = picked::look_up(&form, &mut typed, new_donors::until(&donors, page)).await?;
    let again = async |page: usize, problem: Value, unclear: Value| {
        let again = Again { typed: typed.values(), problem, page, unclear };
        show_page(&form, &id, &ListQuery::default(), again).await
    };
    if let Err(Unclear { page, problem, offered }) = looked_up {
        return again(page, problem, offered).await;
    }
    let decisions = match new_donors::decided(&typed, new_donors::until(&donors, page)) {
        Ok(decisions) => decisions,
        Err((page, problem)) => return again(page, problem, json!({})).await,
    };
    if page < last {
        return again(page + 1, Value::Null, json!({})).await;
    }
    if new_donors::others(&import, &donors) > 0 && typed.some("others").is_none() {
        return again(page, own("others", &Fault::required()), json!({})).await;
    }
    let skips = import["rejected"].as_i64().unwrap_or(0) > 0;
    let query = query_of(&import, &typed, [("dry_run", false), ("skip_bad", skips)]);
    let fields = fields_of(&import, mapping_of(&import), decisions);
    send(&form, &id, &typed, &query, (fields, page)).await
}

/// Checks the same files with the columns that were chosen.
async fn check(form: Writer, id: web::Path<Id>) -> PageResult {
    let import = import_of(&form, &id).await?;
    let query = query_of(&import, &form.typed, [("dry_run", true), ("skip_bad", false)]);
    let fields = fields_of(&import, chosen(&form.typed), Vec::new());
    send(&form, &id, &form.typed, &query, (fields, 0)).await
}

/// Sends the import; when it is refused, the form is shown again, with this page of the new donors.
async fn send(
    form: &Writer,
    id: &Id,
    typed: &Typed,
    query: &Query,
    (fields, page): (Vec<(&'static str, String)>, usize),
) -> PageResult {
    let sent = form.send_fields("/v1/imports", query, typed.text("key"), fields).await;
    match refused(sent, "")? {
        Ok(import) => {
            let id = import["id"].as_str().unwrap_or_default();
            form.see_other(&format!("/console/imports/{id}"))
        }
        Err(problem) => {
            let problem = of_no_input(problem);
            let again = Again { typed: typed.values(), problem, page, unclear: json!({}) };
            show_page(form, id, &ListQuery::default(), again).await
        }
    }
}

/// How the files of an import are read again.
fn query_of(import: &Value, typed: &Typed, how: [(&str, bool); 2]) -> Query {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    // Of an upload that is gone, or is somebody else's, the platform says so.
    let upload = import["upload"]["id"].as_str().unwrap_or(NO_UPLOAD);
    let mut query: Query = vec![
        ("format".to_owned(), text(&import["format"])),
        ("office_id".to_owned(), text(&import["office_id"])),
        ("upload".to_owned(), upload.to_owned()),
        ("save_mapping".to_owned(), typed.some("save").is_some().to_string()),
    ];
    query.extend(how.map(|(name, is_so)| (name.to_owned(), is_so.to_string())));
    query
}

/// The fields of the form. What was decided on donors before stays, also when an import was refused for its rows, unless it is
/// decided anew.
fn fields_of(import: &Value, mapping: Option<Value>, decisions: Vec<Value>) -> Vec<(&'static str, String)> {
    let mut before = import["donor_decisions"].as_array().cloned().unwrap_or_default();
    let on = |decision: &Value| (decision["name"].to_string(), decision["reference"].to_string());
    let anew: HashSet<(String, String)> = decisions.iter().map(on).collect();
    before.retain(|decision| !anew.contains(&on(decision)));
    let decisions: Value = before.into_iter().chain(decisions).collect();
    let mut fields = vec![("donor_decisions", decisions.to_string())];
    for name in ["source", "receiver"] {
        fields.extend(import[name].as_str().map(|text| (name, text.to_owned())));
    }
    fields.extend(mapping.map(|mapping| ("mapping", mapping.to_string())));
    fields
}

/// The mapping that a check was made with; none where it was of no table.
fn mapping_of(import: &Value) -> Option<Value> {
    let columns = import["columns"].as_array().filter(|columns| !columns.is_empty())?;
    let mut mapping = Map::new();
    for column in columns {
        let heading = column["heading"].as_str().unwrap_or_default();
        mapping.insert(heading.to_owned(), column["field"].clone());
    }
    let decimal = match import["decimal"].as_str() {
        Some("comma") => Some(","),
        Some("point") => Some("."),
        _ => None,
    };
    mapping.extend(decimal.map(|sign| ("decimal".to_owned(), sign.into())));
    mapping.extend(import["empty"].as_str().map(|empty| ("empty".to_owned(), empty.into())));
    Some(mapping.into())
}

/// The mapping that was chosen in a form: `mapping[Heading]` for each column.
fn chosen(typed: &Typed) -> Option<Value> {
    let mut mapping = Map::new();
    for (name, value) in &typed.0 {
        let heading = name.strip_prefix("mapping[").and_then(|rest| rest.strip_suffix(']'));
        let Some(heading) = heading else { continue };
        let field = Some(value.trim()).filter(|field| !field.is_empty());
        mapping.insert(heading.to_owned(), field.into());
    }
    if mapping.is_empty() { None } else { Some(mapping.into()) }
}

/// A refusal of the API, whose fields are no inputs of the page.
fn of_no_input(mut problem: Value) -> Value {
    if !problem["reason"].is_null() {
        problem["errors"] = json!([]);
    }
    for error in problem["errors"].as_array_mut().into_iter().flatten() {
        error["field"] = "".into();
    }
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Typed {
        Typed(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_run_is_made_with_the_columns_and_signs_of_its_check() {
        let import = json!({ "source": "erp", "receiver": null, "decimal": "comma", "empty": "keep", "columns": [
            { "heading": "No.", "field": "external_ref" }, { "heading": "Note", "field": null }] });
        let mapping = mapping_of(&import);
        let expected = json!({ "No.": "external_ref", "Note": null, "decimal": ",", "empty": "keep" });
        assert_eq!(mapping, Some(expected.clone()));
        let fields = fields_of(&import, mapping, Vec::new());
        assert_eq!(fields[1], ("source", "erp".to_owned()));
        assert_eq!(serde_json::from_str::<Value>(&fields[2].1).unwrap(), expected);
        assert_eq!(mapping_of(&json!({ "columns": [] })), None);
    }

    #[test]
    fn what_was_decided_on_donors_stays_when_files_are_read_again() {
        let decision = |name: &str| json!({ "name": name, "reference": null, "donor_id": "1" });
        let sent = |import: &Value, new: Vec<Value>| {
            let fields = fields_of(import, None, new);
            assert_eq!(fields[0].0, "donor_decisions");
            serde_json::from_str::<Value>(&fields[0].1).unwrap()
        };
        let refused = json!({ "source": "erp", "donor_decisions": [decision("Norwegen")] });
        assert_eq!(sent(&refused, Vec::new()), json!([decision("Norwegen")]));
        let both = json!([decision("Norwegen"), decision("Schweden")]);
        assert_eq!(sent(&refused, vec![decision("Schweden")]), both);
        let anew = json!({ "name": "Norwegen", "reference": null, "donor_id": "2" });
        assert_eq!(sent(&refused, vec![anew.clone()]), json!([anew]));
        assert_eq!(sent(&json!({ "source": "erp" }), Vec::new()), json!([]));
    }

    #[test]
    fn columns_are_chosen_by_their_headings() {
        let typed = typed(&[
            ("key", "k"),
            ("mapping[A [1]]", "donor"),
            ("mapping[B]", ""),
            ("mapping[decimal]", ","),
        ]);
        assert_eq!(chosen(&typed), Some(json!({ "A [1]": "donor", "B": null, "decimal": "," })));
        assert_eq!(chosen(&Typed::default()), None);
    }

    #[test]
    fn a_refusal_leads_to_no_input_and_files_that_are_gone_are_told_as_that() {
        let refusal =
            json!({ "status": 400, "reason": null, "errors": [{ "field": "mapping", "code": "too_many" }] });
        assert_eq!(of_no_input(refusal)["errors"], json!([{ "field": "", "code": "too_many" }]));
        let gone = json!({ "status": 400, "reason": "file_lost", "errors": [{ "field": "upload" }] });
        assert_eq!(of_no_input(gone)["errors"], json!([]));
    }
}
