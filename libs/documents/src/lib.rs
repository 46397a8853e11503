//! Documents attached to records of a service: checked by what they are, not by what they say they are, and kept outside the
//! database under their SHA-256. The service has a table for each [`Kind`] of record that documents are attached to.

mod attachments;
mod erasure;
pub mod files;
mod removal;
pub mod sweep;

pub use attachments::{Kind, Owner, StoredFile};
pub use erasure::{DocumentErasure, erase};
pub use removal::remove;

use chrono::{DateTime, Utc};
use kernel::{Fault, FieldCode, Id};
use sea_orm::FromQueryResult;
use serde::Serialize;
use std::io::Cursor;
use utoipa::ToSchema;
use zip::ZipArchive;

/// Maximum size of a document, in bytes.
pub const MAX_BYTES: usize = 20 * 1024 * 1024;
/// Maximum number of documents of one record.
pub const MAX_DOCUMENTS: i64 = 50;

/// The id of a document.
pub type DocumentId = Id<Document>;

/// A document.
#[derive(Debug, Clone, Serialize, ToSchema, FromQueryResult)]
pub struct Document {
    /// Its id.
    pub id: DocumentId,
    /// Its name.
    #[schema(example = "Final report.pdf", max_length = 200)]
    pub name: String,
    /// Its media type.
    #[schema(example = "application/pdf", max_length = 100)]
    pub media_type: String,
    /// Size in bytes.
    #[schema(minimum = 1, maximum = 20971520)]
    pub size: i64,
    /// SHA-256 of the content, hexadecimal.
    #[schema(max_length = 64)]
    pub sha256: String,
    /// When it was received.
    pub created_at: DateTime<Utc>,
}

/// A document to upload.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form")]
pub struct Upload {
    /// One PDF, DOCX, XLSX, PNG or JPEG file of at most 20 MiB.
    #[schema(content_media_type = "application/octet-stream")]
    file: Vec<u8>,
}

/// What kind of file bytes are: its media type and the endings its name may have.
///
/// # Errors
/// Why it is not taken.
pub fn kind_of(bytes: &[u8]) -> Result<(&'static str, &'static [&'static str]), Fault> {
    if infer::archive::is_pdf(bytes) {
        return Ok(("application/pdf", &["pdf"]));
    }
    if infer::image::is_png(bytes) {
        return Ok(("image/png", &["png"]));
    }
    if infer::image::is_jpeg(bytes) {
        return Ok(("image/jpeg", &["jpg", "jpeg"]));
    }
    // What an office document is stands in the directory of its archive; its texts may say anything.
    if let Ok(archive) = ZipArchive::new(Cursor::new(bytes)) {
        let names: Vec<_> = archive.file_names().filter_map(Result::ok).collect();
        let holds = |name: &str| names.iter().any(|file| file == name);
        if names.iter().any(|file| file.ends_with("vbaProject.bin")) {
            return Err(FieldCode::HoldsMacros.says("contains macros"));
        }
        if holds("[Content_Types].xml") && holds("word/document.xml") {
            return Ok((
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                &["docx"],
            ));
        }
        if holds("[Content_Types].xml") && holds("xl/workbook.xml") {
            return Ok(("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", &["xlsx"]));
        }
    }
    let fault = FieldCode::WrongFileFormat.says("is not a PDF, DOCX, XLSX, PNG or JPEG file");
    Err(fault.with("expected", "PDF, DOCX, XLSX, PNG, JPEG"))
}

/// Checks a file by its bytes and its name; its media type.
///
/// # Errors
/// Why it is not taken.
pub fn check(name: &str, bytes: &[u8]) -> Result<&'static str, Fault> {
    let (media_type, endings) = kind_of(bytes)?;
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    if endings.contains(&ending.as_str()) {
        Ok(media_type)
    } else {
        let fault = FieldCode::FileTypeDiffers
            .says(format!("has the extension \".{ending}\" but its content is {media_type}"));
        Err(fault.with("ending", ending).with("media_type", media_type))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zip::{ZipWriter, write::SimpleFileOptions};

    #[test]
    fn a_file_is_what_its_bytes_are() {
        let zip = |names: &str| {
            let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
            for name in ["[Content_Types].xml"].into_iter().chain(names.split(' ')) {
                archive.start_file(name, SimpleFileOptions::default()).unwrap();
            }
            archive.finish().unwrap().into_inner()
        };
        assert_eq!(check("a.PDF", b"%PDF-1.7 ..."), Ok("application/pdf"));
        assert_eq!(check("a.jpeg", b"\xff\xd8\xff\xe0"), Ok("image/jpeg"));
        assert!(check("a.docx", &zip("word/document.xml")).unwrap().ends_with("wordprocessingml.document"));
        assert!(check("a.xlsx", &zip("xl/workbook.xml")).unwrap().ends_with("spreadsheetml.sheet"));
        assert!(
            check("a.xlsx", &zip("xl/workbook.xml xl/vbaProject.bin")).unwrap_err().code
                == FieldCode::HoldsMacros
        );
        // A text that speaks of a document is none.
        let text = b"PK\x03\x04 [Content_Types].xml word/document.xml";
        assert_eq!(check("a.docx", text).unwrap_err().code, FieldCode::WrongFileFormat);
        assert!(check("a.pdf", b"MZ\x90\x00").unwrap_err().detail.contains("is not a PDF"));
        assert!(
            check("a.pdf", &zip("word/document.xml"))
                .unwrap_err()
                .detail
                .contains("has the extension \".pdf\"")
        );
        assert!(check("pdf", b"%PDF-1.7").unwrap_err().detail.contains("has the extension \".\""));
        assert!(check("a.zip", b"PK\x03\x04 anything").is_err());
    }
}
