use actix_multipart::Multipart;
use actix_web::{HttpRequest, web::Payload};
use futures_util::StreamExt;
use kernel::{Code, FieldCode, Problem, Reason};

/// The one file of a form: its name, without a folder, and its bytes.
///
/// # Errors
/// 400 for a form that cannot be read, 413 for a file of more than `max_bytes`, 422 for none or several.
pub async fn receive_file(
    request: &HttpRequest,
    payload: Payload,
    max_bytes: usize,
) -> Result<(String, Vec<u8>), Problem> {
    let broken = |error: actix_multipart::MultipartError| crate::unreadable_form(&error);
    let mut parts = Multipart::new(request.headers(), payload);
    let mut found: Option<(String, Vec<u8>)> = None;
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(broken)?;
        let name = part.content_disposition().and_then(|disposition| disposition.get_filename());
        let name = name.unwrap_or_default().rsplit(['/', '\\']).next().unwrap_or_default();
        let name = name.to_owned();
        let mut bytes = Vec::new();
        while let Some(chunk) = part.next().await {
            let chunk = chunk.map_err(broken)?;
            if bytes.len() + chunk.len() > max_bytes {
                let why = format!("a file may have at most {max_bytes} bytes");
                let problem = Problem::new(Code::BodyTooLarge).because(Reason::BodyTooLarge, why);
                return Err(problem.with("max", max_bytes));
            }
            bytes.extend_from_slice(&chunk);
        }
        if found.replace((name, bytes)).is_some() {
            let fault = FieldCode::TooMany.says("send one file at a time").with("max", 1);
            return Err(Problem::invalid_field("/file", fault));
        }
    }
    found
        .filter(|(_, bytes)| !bytes.is_empty())
        .ok_or_else(|| Problem::invalid_field("/file", FieldCode::Required.says("no file was sent")))
}
