use super::*;
use crate::{
    exchange_rate::Rates,
    import::{columns::Mapping, format::ImportFormat, iati::Ours},
};
use rust_xlsxwriter::{ExcelDateTime, Format as CellFormat, Formula, Workbook as Writer};
use std::io::{Cursor, Write};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

const HEADINGS: [&str; 6] = ["external_ref", "donor", "status", "amount", "currency", "flow_date"];

fn read(bytes: &[u8]) -> (Result<Found, Problem>, Vec<Staged>) {
    let reading = Reading {
        format: ImportFormat::Xlsx,
        mapping: Mapping::default(),
        ours: Ours::default(),
        rates: Rates::default(),
        spool: std::env::temp_dir(),
        describe: false,
    };
    Sink::collect(|sink| parse(bytes, &reading, sink))
}

fn refused(bytes: &[u8]) -> String {
    let problem = read(bytes).0.unwrap_err();
    assert!([400, 422].contains(&problem.status), "{problem:?}");
    problem.errors[0].detail.clone()
}

/// A workbook of these entries, on top of the smallest that is one.
fn archive(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let workbook =
        br#"<workbook xmlns:r="r"><sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
    let relations =
        br#"<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>"#;
    let whole = [("xl/workbook.xml", workbook.to_vec()), ("xl/_rels/workbook.xml.rels", relations.to_vec())];
    for (name, content) in whole.iter().chain(entries) {
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn sheet(rows: &str) -> Vec<u8> {
    let heading = |name: &&str| format!("<c t=\"inlineStr\"><is><t>{name}</t></is></c>");
    let headings: String = HEADINGS.iter().map(heading).collect();
    format!("<worksheet><sheetData><row>{headings}</row>{rows}</sheetData></worksheet>").into_bytes()
}

fn of_sheet(rows: &str) -> Vec<u8> {
    archive(&[("xl/worksheets/sheet1.xml", sheet(rows))])
}

#[test]
fn a_workbook_is_read_with_its_dates_numbers_and_kept_values() {
    let mut writer = Writer::new();
    let hidden = writer.add_worksheet();
    hidden.set_name("Notes").unwrap().set_hidden(true).write(0, 0, "nothing here").unwrap();
    let sheet = writer.add_worksheet();
    sheet.set_active(true);
    for (column, heading) in (0u16..).zip(HEADINGS) {
        sheet.write(0, column, heading).unwrap();
    }
    let day = CellFormat::new().set_num_format("dd/mm/yyyy");
    for line in [1u32, 3] {
        sheet.write(line, 0, f64::from(line) + 1000.0).unwrap();
        sheet.write(line, 1, "Examplia & Sons <é>").unwrap();
        sheet.write(line, 2, "paid").unwrap();
        sheet.write_formula(line, 3, Formula::new("0.1+0.2").set_result("0.30000000000000004")).unwrap();
        sheet.write(line, 4, "USD").unwrap();
        let date = ExcelDateTime::from_ymd(2026, 2, 3).unwrap();
        sheet.write_with_format(line, 5, &date, &day).unwrap();
    }
    let (found, rows) = read(&writer.save_to_buffer().unwrap());
    assert_eq!(found.unwrap().columns.len(), 6);
    assert_eq!(rows.len(), 2, "an empty row is none");
    for (row, (number, id)) in rows.iter().zip([(2, "1001"), (4, "1003")]) {
        assert!(row.errors.is_empty(), "{:?}", row.errors);
        assert_eq!((row.pointer.clone(), row.external_ref.as_deref()), (format!("/rows/{number}"), Some(id)));
        let flow = ImportFormat::Xlsx.read(&row.raw).unwrap();
        assert_eq!((flow.amount_usd, flow.flow_date.unwrap().to_string()), (30, "2026-02-03".to_owned()));
        assert_eq!(flow.donor_ref.unwrap().name.as_deref(), Some("Examplia & Sons <é>"));
    }
}

#[test]
fn characters_that_a_spreadsheet_escapes_are_read_and_refused_like_others() {
    let mut writer = Writer::new();
    let sheet = writer.add_worksheet();
    let headings = ["external_ref", "donor", "status", "amount", "currency", "description", "method"];
    for (column, heading) in (0u16..).zip(headings) {
        sheet.write(0, column, heading).unwrap();
    }
    for (line, method) in [(1u32, "Cash"), (2, "Ca\u{7}sh")] {
        for (column, cell) in (0u16..).zip(["1", "Norway", "paid", "10", "USD", "a\r\nb _x000D_ 😀", method])
        {
            sheet.write(line, column, cell).unwrap();
        }
    }
    let (found, rows) = read(&writer.save_to_buffer().unwrap());
    found.unwrap();
    let flow = ImportFormat::Xlsx.read(&rows[0].raw).unwrap();
    assert_eq!(flow.description.as_deref(), Some("a\r\nb _x000D_ 😀"), "as it was written");
    let (error, why) = (&rows[1].errors[0], FieldCode::HiddenCharacters);
    assert_eq!((error.pointer.as_str(), error.code), ("/method", why));

    let text = |text: &str| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let row = ["_x0031_", "Nor_x000D_\nway", "paid", "1_x0030_", "USD"].map(text).concat();
    let (_, rows) = read(&of_sheet(&format!("<row>{row}</row>")));
    let flow = ImportFormat::Xlsx.read(&rows[0].raw).unwrap();
    assert_eq!((flow.id.as_str(), flow.amount_usd), ("1", 1_000));
    assert_eq!(flow.donor_ref.unwrap().name.as_deref(), Some("Nor way"));
}

#[test]
fn cells_that_cannot_be_read_say_why() {
    let text = |text: &str| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let row = |amount: &str, date: &str| {
        format!("<row>{}{}{}{amount}{}{date}</row>", text("1"), text("A"), text("paid"), text("USD"))
    };
    let rows = [
        row("<c><f>SUM(A1:A2)</f></c>", "<c/>"),
        row("<c><f>SUM(A1:A2)</f><v></v></c>", "<c/>"),
        row("<c t=\"e\"><v>#REF!</v></c>", "<c/>"),
        row("<c t=\"s\"><v>7</v></c>", "<c/>"),
        row("<c><v>1</v></c>", "<c><v>45000</v></c>"),
        row("<c><v>1e300</v></c>", "<c/>"),
        row(&format!("<c t=\"inlineStr\"><is><t>{}</t></is></c>", "1".repeat(40_000)), "<c/>"),
    ];
    let (found, staged) = read(&of_sheet(&rows.concat()));
    found.unwrap();
    let whys = [
        ("is a formula", FieldCode::FormulaWithoutValue),
        ("is a formula", FieldCode::FormulaWithoutValue),
        ("is an error (#REF!)", FieldCode::CellError),
        ("shared text", FieldCode::DamagedFile),
        ("is a number, not a date", FieldCode::NumberForDate),
        ("more digits", FieldCode::Inexact),
        ("32767", FieldCode::TooLong),
    ];
    for (row, (why, code)) in staged.iter().zip(whys) {
        assert_eq!(row.errors[0].code, code, "{why}");
        assert!(row.errors.len() == 1 && row.errors[0].detail.contains(why), "{why}: {:?}", row.errors);
    }
    assert_eq!(staged.len(), whys.len());
}

#[test]
fn a_row_of_hxl_tags_under_the_headings_is_left_out_and_said() {
    let row = |texts: [&str; 5]| {
        let cell = |text: &str| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>");
        format!("<row>{}</row>", texts.map(cell).concat())
    };
    let tags = row(["#activity+id", "#org+funder", "#status", "#value", "#currency"]);
    let (found, rows) = read(&of_sheet(&(tags + &row(["G-1", "A", "paid", "1", "USD"]))));
    assert!(found.unwrap().note.unwrap().contains("Row 2 holds HXL tags"));
    assert!(rows.len() == 1 && rows[0].errors.is_empty());
    let flow = ImportFormat::Xlsx.read(&rows[0].raw).unwrap();
    assert!(!flow.silent.contains("flow_date"), "a cell that the row does not have is empty");
    assert!(flow.silent.contains("description"), "a column that the table does not have says nothing");
}

#[test]
fn files_that_are_no_spreadsheet_say_what_they_are() {
    let cases: [(Vec<u8>, &str); 7] = [
        (b"external_ref,donor\n1,2\n".to_vec(), "an XLSX file is a ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), "old .xls"),
        (b"PK\x03\x04 and nothing more".to_vec(), "no end"),
        (of_sheet("")[..200].to_vec(), "no end"),
        (archive(&[]), "a missing sheet"),
        (archive(&[("xl/worksheets/sheet1.xml", b"<worksheet><sheetData/></worksheet>".to_vec())]), "empty"),
        (archive(&[("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row>".to_vec())]), "is truncated"),
    ];
    for (bytes, why) in cases {
        assert!(refused(&bytes).contains(why), "{why}: {}", refused(&bytes));
    }
    let declared =
        b"<!DOCTYPE x [<!ENTITY a \"b\">]><worksheet><sheetData><row><c/></row></sheetData></worksheet>";
    assert!(refused(&archive(&[("xl/worksheets/sheet1.xml", declared.to_vec())])).contains("DTD"));
}

#[test]
fn a_zip_bomb_is_refused_before_it_is_inflated() {
    let zeros = vec![b' '; 64 * 1024 * 1024];
    let started = std::time::Instant::now();
    assert!(refused(&archive(&[("xl/worksheets/sheet1.xml", zeros.clone())])).contains("ZIP bomb"));
    assert!(refused(&archive(&[("xl/media/image1.png", zeros)])).contains("ZIP bomb"));
    let many: Vec<(String, Vec<u8>)> = (0..3000).map(|number| (format!("x{number}"), Vec::new())).collect();
    let many: Vec<(&str, Vec<u8>)> =
        many.iter().map(|(name, content)| (name.as_str(), content.clone())).collect();
    assert!(refused(&archive(&many)).contains("entries"));
    // An entry that is larger than the archive says: its size is written over in both headers.
    let mut lying = of_sheet(&"<row><c t=\"inlineStr\"><is><t>x</t></is></c></row>".repeat(20_000));
    let size =
        u32::try_from(sheet(&"<row><c t=\"inlineStr\"><is><t>x</t></is></c></row>".repeat(20_000)).len())
            .unwrap();
    let places: Vec<usize> =
        lying.windows(4).enumerate().filter(|(_, w)| *w == size.to_le_bytes()).map(|(at, _)| at).collect();
    assert!(!places.is_empty());
    for at in places {
        lying[at..at + 4].copy_from_slice(&1000u32.to_le_bytes());
    }
    let why = refused(&lying);
    assert!(why.contains("larger than the archive says") || why.contains("not XML"), "{why}");
    assert!(started.elapsed().as_secs() < 60);
}

#[test]
fn wide_rows_and_claims_of_size_reserve_nothing() {
    let wide: String =
        (0..300).map(|number| format!("<c t=\"inlineStr\"><is><t>h{number}</t></is></c>")).collect();
    let wide = format!("<worksheet><sheetData><row>{wide}</row></sheetData></worksheet>").into_bytes();
    assert!(refused(&archive(&[("xl/worksheets/sheet1.xml", wide)])).contains("columns"));
    let far = "<row r=\"999999999\"><c r=\"XFD999999999\" t=\"b\"><v>1</v></c></row>";
    assert!(refused(&of_sheet(far)).contains("more than 200 columns"));
    let claims = b"<sst uniqueCount=\"99999999999999\" count=\"1\"><si><t>a</t></si></sst>".to_vec();
    let entries = [("xl/worksheets/sheet1.xml", sheet("")), ("xl/sharedStrings.xml", claims)];
    assert!(read(&archive(&entries)).0.is_ok());
}

#[test]
fn days_are_counted_from_the_workbooks_own_first_day() {
    assert_eq!(day(45_000.75, false).unwrap().to_string(), "2023-03-15");
    assert_eq!(day(43_538.0, true).unwrap().to_string(), "2023-03-15");
    assert!(day(60.0, false).is_none() && day(-1.0, true).is_none() && day(1e9, false).is_none());
    assert_eq!((column_of("A1"), column_of("BC17"), column_of("7")), (Some(0), Some(54), None));
}

#[test]
fn the_template_can_be_imported() {
    let (found, rows) = read(&crate::import::template::xlsx().unwrap());
    assert!(found.unwrap().columns.iter().all(|column| column.field.is_some()));
    assert!(rows.len() == 1 && rows[0].errors.is_empty(), "{:?}", rows[0].errors);
}
