//! The template of a table to import.

use super::fields::{FIELDS, Field, Kind};
use actix_web::{HttpRequest, HttpResponse, get, http::header};
use auth::{ApiError, Caller, perm};
use kernel::{Code, FieldCode, Problem};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use service::{ApiResult, openapi::ReadProblems};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// The number format of a date.
const DATE_FORMAT: &str = "yyyy-mm-dd";

/// Downloads the template for table imports
///
/// The headings and one example row. The XLSX has a second sheet that explains each column.
#[utoipa::path(tag = "imports", security(("oauth2" = ["imports:read"])),
    responses((status = 200, description = "The template, as CSV or XLSX depending on `Accept`", content(
        (String = "text/csv", example = "external_ref,donor,status,amount,currency"),
        (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))), ReadProblems))]
#[get("/v1/imports/template")]
pub(crate) async fn get(request: HttpRequest, _caller: Caller<perm::ImportsRead>) -> ApiResult {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
    for range in accept.split(',').filter_map(|range| range.split(';').next()) {
        match range.trim() {
            "text/csv" | "text/*" | "*/*" | "" => {
                let bytes = csv().map_err(|error| ApiError::internal(&error))?;
                return Ok(file(bytes, "text/csv; charset=utf-8", "csv"));
            }
            XLSX => {
                let bytes = xlsx().map_err(|error| ApiError::internal(&error))?;
                return Ok(file(bytes, XLSX, "xlsx"));
            }
            _ => {}
        }
    }
    let why = format!("the template is available as text/csv or {XLSX}");
    Err(Problem::new(Code::NotAcceptable).field("accept", FieldCode::MediaType.says(why)).into())
}

fn file(bytes: Vec<u8>, media_type: &str, ending: &str) -> HttpResponse {
    let name = format!("attachment; filename=\"contributions-template.{ending}\"");
    HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((header::CONTENT_DISPOSITION, name))
        .insert_header((header::VARY, "accept"))
        .body(bytes)
}

pub(super) fn csv() -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(FIELDS.iter().map(|field| field.name))?;
    writer.write_record(FIELDS.iter().map(|field| field.example))?;
    writer.into_inner().map_err(|error| error.into_error().into())
}

pub(super) fn xlsx() -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let bold = Format::new().set_bold();
    let day = Format::new().set_num_format(DATE_FORMAT);
    let sheet = workbook.add_worksheet();
    sheet.set_name("Contributions")?.set_freeze_panes(1, 0)?;
    for (column, field) in (0u16..).zip(&FIELDS) {
        sheet.write_with_format(0, column, field.name, &bold)?.set_column_width(column, 18)?;
        example(sheet, column, field, &day)?;
    }
    let sheet = workbook.add_worksheet();
    sheet.set_name("Columns")?.set_freeze_panes(1, 0)?;
    for (column, (title, width)) in (0u16..).zip([("Column", 24), ("Required", 10), ("Meaning", 100)]) {
        sheet.write_with_format(0, column, title, &bold)?.set_column_width(column, width)?;
    }
    let wrapped = Format::new().set_text_wrap();
    for (line, field) in (1u32..).zip(&FIELDS) {
        sheet.write_string(line, 0, field.name)?;
        sheet.write_string(line, 1, if field.required { "yes" } else { "" })?;
        sheet.write_with_format(line, 2, field.meaning, &wrapped)?;
    }
    workbook.save_to_buffer()
}

fn example(sheet: &mut Worksheet, column: u16, field: &Field, day: &Format) -> Result<(), XlsxError> {
    match (field.kind, field.example.parse::<f64>()) {
        (_, _) if field.example.is_empty() => {}
        (Kind::Number, Ok(number)) => {
            sheet.write_number(1, column, number)?;
        }
        (Kind::Date, _) => {
            let date = rust_xlsxwriter::ExcelDateTime::parse_from_str(field.example)?;
            sheet.write_datetime_with_format(1, column, &date, day)?;
        }
        (Kind::Number | Kind::Text, _) => {
            sheet.write_string(1, column, field.example)?;
        }
    }
    Ok(())
}
