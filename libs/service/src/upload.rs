use crate::{Checks, body};
use actix_multipart::{Field, Multipart};
use actix_web::{HttpRequest, error::PayloadError, web::Payload};
use bytes::Bytes;
use futures_util::{StreamExt, stream::once};
use kernel::{Code, Fault, FieldCode, Problem, Reason};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Maximum length of a text field beside a file, in bytes.
const MAX_FIELD_BYTES: usize = 64 * 1024;
/// Maximum number of text fields beside a file.
const MAX_FIELDS: usize = 50;

/// A form that may have a file.
#[derive(Debug, Default)]
pub struct ReceivedForm {
    /// The text fields, in order.
    fields: Vec<(String, String)>,
    /// The name of the file, without a folder, and its bytes; none when no file was chosen.
    pub file: Option<(String, Vec<u8>)>,
}

impl ReceivedForm {
    /// The text fields that are filled in, read as the texts of a JSON object.
    ///
    /// # Errors
    /// 422 with each field that is wrong.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let filled = self.fields.iter().map(|(name, text)| (name, text.trim()));
        let filled = filled.filter(|(_, text)| !text.is_empty());
        let object: Map<String, Value> = filled.map(|(name, text)| (name.clone(), text.into())).collect();
        let (value, wrong) = body::read(Value::Object(object).to_string().as_bytes())?;
        Checks::of(wrong).finish()?;
        Ok(value)
    }
}

/// The one file of a form: its name, without a folder, and its bytes.
///
/// # Errors
/// 400 for a form that cannot be read, 413 for a file of more than `max_bytes`, 422 for none or several.
pub async fn receive_file(
    request: &HttpRequest,
    payload: Payload,
    max_bytes: usize,
) -> Result<(String, Vec<u8>), Problem> {
    let mut parts = Multipart::new(request.headers(), payload);
    let mut found: Option<(String, Vec<u8>)> = None;
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(|error| crate::unreadable_form(&error))?;
        let name = file_name(&part).unwrap_or_default();
        let bytes = file_bytes(&mut part, max_bytes).await?;
        if found.replace((name, bytes)).is_some() {
            return Err(several_files());
        }
    }
    found
        .filter(|(_, bytes)| !bytes.is_empty())
        .ok_or_else(|| Problem::invalid_field("/file", FieldCode::Required.says("no file was sent")))
}

/// The text fields of a form, and its file, where one was chosen.
///
/// # Errors
/// 400 for a form that cannot be read, 413 for a file of more than `max_bytes`, 422 for several files, a field that is given
/// twice, or one that is no text.
pub async fn receive_form(
    request: &HttpRequest,
    payload: Payload,
    max_bytes: usize,
) -> Result<ReceivedForm, Problem> {
    let mut parts = Multipart::new(request.headers(), payload);
    let mut form = ReceivedForm::default();
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(|error| crate::unreadable_form(&error))?;
        let Some(name) = file_name(&part) else {
            if form.fields.len() == MAX_FIELDS {
                return Err(Problem::invalid_field("", Fault::too_many(MAX_FIELDS as u64, "fields")));
            }
            let name = field_name(&part);
            let text = field_text(&name, &mut part).await?;
            if form.fields.iter().any(|(known, _)| *known == name) {
                let fault = FieldCode::Duplicate.says("is given twice");
                return Err(Problem::invalid_field(format!("/{name}"), fault));
            }
            form.fields.push((name, text));
            continue;
        };
        let bytes = file_bytes(&mut part, max_bytes).await?;
        // A browser sends an empty file without a name when none was chosen.
        let is_chosen = !(name.is_empty() && bytes.is_empty());
        if is_chosen && form.file.replace((name, bytes)).is_some() {
            return Err(several_files());
        }
    }
    Ok(form)
}

/// The text fields that stand before the file of a form, of which `beginning` is the first part, to show them again.
pub async fn fields_before_file(request: &HttpRequest, beginning: Vec<u8>) -> Vec<(String, String)> {
    let beginning = once(async move { Ok::<_, PayloadError>(Bytes::from(beginning)) });
    let mut parts = Multipart::new(request.headers(), beginning);
    let mut fields = Vec::new();
    while let Some(Ok(mut part)) = parts.next().await {
        if file_name(&part).is_some() || fields.len() == MAX_FIELDS {
            break;
        }
        let name = field_name(&part);
        let Ok(text) = field_text(&name, &mut part).await else { break };
        fields.push((name, text));
    }
    fields
}

/// The name of a file, without a folder; none for a part that is no file.
fn file_name(part: &Field) -> Option<String> {
    let name = part.content_disposition()?.get_filename()?;
    Some(name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned())
}

fn field_name(part: &Field) -> String {
    let name = part.content_disposition().and_then(|disposition| disposition.get_name());
    name.unwrap_or_default().to_owned()
}

async fn file_bytes(part: &mut Field, max_bytes: usize) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.next().await {
        let chunk = chunk.map_err(|error| crate::unreadable_form(&error))?;
        if bytes.len() + chunk.len() > max_bytes {
            let why = format!("a file may have at most {max_bytes} bytes");
            let problem = Problem::new(Code::BodyTooLarge).because(Reason::BodyTooLarge, why);
            return Err(problem.with("max", max_bytes));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

async fn field_text(name: &str, part: &mut Field) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.next().await {
        bytes.extend(chunk.map_err(|error| crate::unreadable_form(&error))?);
        if bytes.len() > MAX_FIELD_BYTES {
            let fault = FieldCode::TooLarge.says(format!("has more than {MAX_FIELD_BYTES} bytes"));
            return Err(Problem::invalid_field(format!("/{name}"), fault.with("max", MAX_FIELD_BYTES)));
        }
    }
    let not_text = |_| Problem::invalid_field(format!("/{name}"), FieldCode::NotUtf8.says("is not UTF-8"));
    String::from_utf8(bytes).map_err(not_text)
}

fn several_files() -> Problem {
    let fault = FieldCode::TooMany.says("send one file at a time").with("max", 1);
    Problem::invalid_field("/file", fault)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::{FromRequest, test::TestRequest};
    use serde::Deserialize;

    #[derive(Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Fields {
        #[serde(deserialize_with = "kernel::date::optional_day")]
        on: Option<chrono::NaiveDate>,
        who: Option<String>,
    }

    fn part(disposition: &str, content: &str) -> String {
        format!("--x\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{content}\r\n")
    }

    fn request() -> TestRequest {
        TestRequest::post().insert_header(("content-type", "multipart/form-data; boundary=x"))
    }

    async fn received(parts: &[String]) -> Result<ReceivedForm, Problem> {
        let (request, mut payload) =
            request().set_payload(format!("{}--x--\r\n", parts.concat())).to_http_parts();
        let payload = Payload::from_request(&request, &mut payload).await.unwrap();
        receive_form(&request, payload, 10).await
    }

    fn pointers(problem: &Problem) -> Vec<&str> {
        problem.errors.iter().map(|error| error.pointer.as_str()).collect()
    }

    #[actix_web::test]
    async fn a_form_is_read_with_its_file_or_without_one() {
        let (on, who) = (part("name=\"on\"", "2026-03-01"), part("name=\"who\"", " "));
        let file = part("name=\"file\"; filename=\"C:\\\\a\\\\b.pdf\"", "%PDF");
        let form = received(&[on.clone(), who.clone(), file]).await.unwrap();
        let fields: Fields = form.read().unwrap();
        assert_eq!((fields.on, fields.who), ("2026-03-01".parse().ok(), None));
        assert_eq!(form.file, Some(("b.pdf".to_owned(), b"%PDF".to_vec())));
        let none = part("name=\"file\"; filename=\"\"", "");
        assert_eq!(received(&[on, who, none]).await.unwrap().file, None);
    }

    #[actix_web::test]
    async fn what_is_wrong_with_a_form_is_named() {
        let wrong = [part("name=\"on\"", "1 March"), part("name=\"who\"", "x")];
        let problem = received(&wrong).await.unwrap().read::<Fields>().unwrap_err();
        assert_eq!(pointers(&problem), ["/on"]);
        let unknown = received(&[part("name=\"other\"", "x")]).await.unwrap();
        assert_eq!(pointers(&unknown.read::<Fields>().unwrap_err()), ["/other"]);
        let twice = [part("name=\"who\"", "x"), part("name=\"who\"", "y")];
        assert_eq!(pointers(&received(&twice).await.unwrap_err()), ["/who"]);
        let file = |bytes: &str| part("name=\"file\"; filename=\"a.pdf\"", bytes);
        assert_eq!(pointers(&received(&[file("a"), file("b")]).await.unwrap_err()), ["/file"]);
        assert_eq!(received(&[file("eleven bytes")]).await.unwrap_err().status, 413);
    }

    #[actix_web::test]
    async fn what_was_typed_before_the_file_is_found_in_the_beginning() {
        let beginning = [
            part("name=\"on\"", "2026-03-01"),
            part("name=\"who\"", "Director"),
            "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n%PDF-1.7 cut o"
                .to_owned(),
        ];
        let fields = fields_before_file(&request().to_http_request(), beginning.concat().into_bytes()).await;
        let expected = [("on", "2026-03-01"), ("who", "Director")];
        assert_eq!(fields, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    }
}
