use super::*;
use crate::import::{columns::Mapping, format::ImportFormat, iati::Ours};
use std::path::PathBuf;

const HEADINGS: &str = "external_ref,donor,status,amount,currency";

fn reading(describe: bool) -> Reading {
    Reading {
        format: ImportFormat::Csv,
        mapping: Mapping::default(),
        ours: Ours::default(),
        rates: Rates::default(),
        spool: PathBuf::new(),
        describe,
    }
}

fn read(bytes: &[u8]) -> (Result<Found, Problem>, Vec<Staged>) {
    Sink::collect(|sink| parse(bytes, &reading(false), sink))
}

fn refused(bytes: &[u8]) -> (u16, String) {
    let problem = read(bytes).0.unwrap_err();
    (problem.status, problem.errors.first().map(|error| error.detail.clone()).unwrap_or_default())
}

#[test]
fn commas_semicolons_and_tabs_are_told_apart() {
    for sign in [",", ";", "\t"] {
        let table =
            format!("{HEADINGS}\nG-1,\"Examplia, Government of\",paid,100,USD\r\n\n,,,,\nG-2,A,paid,x,USD\n");
        let table = match sign {
            "," => table,
            other => table.replace(',', other).replace(&format!("Examplia{other}"), "Examplia,"),
        };
        let (found, rows) = read(format!("\u{feff}{table}").as_bytes());
        assert_eq!(found.unwrap().columns.len(), 5, "{sign:?}");
        assert_eq!(rows.len(), 2, "{sign:?}: blank rows are none");
        let donor_ref = &rows[0].names.as_ref().unwrap().donor;
        assert_eq!(donor_ref.name.as_deref(), Some("Examplia, Government of"), "{sign:?}");
        assert_eq!((rows[1].pointer.as_str(), rows[1].errors[0].pointer.as_str()), ("/lines/5", "/amount"));
    }
}

#[test]
fn a_row_that_does_not_fit_the_headings_is_wrong_and_the_others_are_not() {
    let (found, rows) =
        read(format!("{HEADINGS}\nG-1,A,paid,1,USD,7\nG-2,A,paid\nG-3,A,paid,1,USD\n").as_bytes());
    found.unwrap();
    assert_eq!(rows[0].errors[0].detail, "has 6 cells; there are 5 headings");
    assert_eq!(rows[0].errors[0].code, kernel::FieldCode::ExtraCells);
    let short: Vec<&str> = rows[1].errors.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(short, ["/amount", "/currency"]);
    assert!(rows[2].errors.is_empty());
}

#[test]
fn files_that_are_no_table_of_text_say_what_they_are() {
    let cases: [(&[u8], &str); 7] = [
        (b"", "empty"),
        (b"PK\x03\x04rest", "ZIP archive"),
        (b"\xff\xfee\0x\0", "UTF-16"),
        (b"external_ref\0,donor\n", "NUL"),
        (b"external_ref,donor,status,amount,currency\nG-1,\0,paid,1,USD\n", "line 2 contains a NUL byte"),
        (b"external_ref,donor,status,amount,currency\nG-1,Norv\xe8ge,paid,1,USD\n", "line 2 is not UTF-8"),
        (b"external_ref,donor,status,amount,currency\nG-1,\xe2,\x82\xac,1,USD\n", "line 2 is not UTF-8"),
    ];
    for (bytes, why) in cases {
        let (status, detail) = refused(bytes);
        assert_eq!(status, 400, "{detail}");
        assert!(detail.contains(why), "{why}: {detail}");
    }
    let many: Vec<String> = (0..300).map(|number| format!("c{number}")).collect();
    let (status, detail) = refused(many.join(",").as_bytes());
    assert!(status == 422 && detail.contains("300"), "{detail}");
    assert!(refused("x".repeat(200_000).as_bytes()).1.contains("64 KiB"));
}

#[test]
fn a_cell_without_end_is_refused_before_it_fills_the_memory() {
    let open = format!("{HEADINGS}\nG-1,\"{}", "x".repeat(5 * 1024 * 1024));
    let (status, detail) = refused(open.as_bytes());
    assert!(status == 400 && detail.contains("quotation mark"), "{detail}");
    let long = format!("{HEADINGS}\nG-1,{},paid,1,USD\n", "x".repeat(40_000));
    let (found, rows) = read(long.as_bytes());
    found.unwrap();
    assert_eq!(rows[0].errors[0].detail, "has more than 32767 characters");
    assert_eq!(rows[0].errors[0].code, kernel::FieldCode::TooLong);
}

#[test]
fn a_dry_run_of_a_table_with_other_headings_describes_it() {
    let table = b"No;Who;status;amount;currency\n1;A;paid;1;USD\n";
    assert_eq!(read(table).0.unwrap_err().status, 422);
    let (found, rows) = Sink::collect(|sink| parse(table.as_slice(), &reading(true), sink));
    let found = found.unwrap();
    assert_eq!((found.columns[0].heading.as_str(), &found.columns[0].field), ("No", &None));
    assert!(rows.is_empty() && found.note.unwrap().contains("external_ref, donor"));
}

#[test]
fn the_template_can_be_imported() {
    let (found, rows) = read(&crate::import::template::csv().unwrap());
    assert!(found.unwrap().columns.iter().all(|column| column.field.is_some()));
    assert!(rows.len() == 1 && rows[0].errors.is_empty(), "{:?}", rows[0].errors);
}

#[test]
fn a_first_line_says_what_separates() {
    for (sign, line) in [(";", "sep=;\r\n"), ("|", "SEP=|\n"), (",", "\"sep=,\"\n"), ("\t", "sep=\t\n")] {
        let table = format!("{HEADINGS}\nG-1,A,paid,100,USD\nG-2,A,paid,x,USD\n").replace(',', sign);
        let (found, rows) = read(format!("\u{feff}{line}{table}").as_bytes());
        assert_eq!(found.unwrap().columns.len(), 5, "{line:?}");
        assert!(rows[0].errors.is_empty(), "{line:?}: {:?}", rows[0].errors);
        assert_eq!(
            (rows[0].pointer.as_str(), rows[1].pointer.as_str()),
            ("/lines/3", "/lines/4"),
            "{line:?}"
        );
    }
    let (status, detail) =
        refused(b"sep=;\nexternal_ref;donor;status;amount;currency\nG-1;Norv\xe8ge;paid;1;USD\n");
    assert!(status == 400 && detail.contains("line 3 is not UTF-8"), "{detail}");
    assert!(read(b"sep=;\n").0.is_err() && read(b"sep=;;\nexternal_ref;donor\n").0.is_err());
}

#[test]
fn a_row_is_named_by_its_line_whatever_ends_lines() {
    let rows = ["1,\"A\n\nB\",paid,1,USD", "", "2,A,paid,1,USD", " , ,", "3,A,paid,x,USD", ""];
    for (before, first) in [("", 2), ("sep=,\n", 3)] {
        for end in ["\n", "\r\n", "\r"] {
            for tags in ["", "#a,#b,#c,#d,#e\n"] {
                let table = format!("{before}{HEADINGS}\n{tags}{}", rows.join("\n")).replace('\n', end);
                let (found, read) = read(table.as_bytes());
                assert_eq!(found.unwrap().note.is_some(), !tags.is_empty(), "{table:?}");
                let lines: Vec<String> = read.into_iter().map(|row| row.pointer).collect();
                let first = first + usize::from(!tags.is_empty());
                let expected = [first, first + 4, first + 6].map(|line| format!("/lines/{line}"));
                assert_eq!(lines, expected, "{table:?}");
            }
            let damaged = [HEADINGS.as_bytes(), &b"\n1,A,paid,1,USD\n\n2,\xe8,paid,1,USD\n"[..]].concat();
            let damaged: Vec<u8> =
                damaged.split(|byte| *byte == b'\n').collect::<Vec<_>>().join(end.as_bytes());
            let (status, detail) = refused(&damaged);
            assert!(status == 400 && detail.contains("line 4 is not UTF-8"), "{end:?}: {detail}");
        }
    }
}

#[test]
fn a_long_file_whose_lines_end_with_carriage_returns_has_headings() {
    let table = format!("{HEADINGS}\r{}", "1,A,paid,1,USD\r".repeat(10_000));
    let (found, rows) = read(table.as_bytes());
    found.unwrap();
    assert_eq!((rows.len(), rows[9_999].pointer.as_str()), (10_000, "/lines/10001"));
}

#[test]
fn a_row_of_hxl_tags_under_the_headings_is_left_out_and_said() {
    let tags = "#activity+id,#org+funder,#status,#value,#currency";
    let (found, rows) = read(format!("{HEADINGS}\n{tags}\nG-1,A,paid,1,USD\n{tags}\n").as_bytes());
    assert!(found.unwrap().note.unwrap().contains("Row 2 holds HXL tags"));
    assert_eq!(rows.len(), 2, "further down it is a row like others");
    assert!(rows[0].errors.is_empty() && !rows[1].errors.is_empty());
}

#[test]
fn a_name_may_be_wrapped_over_lines() {
    for name in [
        "\"Ministry of\nForeign Affairs\"",
        "Ministry of\tForeign Affairs",
        "Ministry  of\u{a0}Foreign Affairs",
    ] {
        let (_, rows) = read(format!("{HEADINGS}\nG-1,{name},paid,1,USD\n").as_bytes());
        let donor_ref = &rows[0].names.as_ref().unwrap_or_else(|| panic!("{:?}", rows[0].errors)).donor;
        assert_eq!(donor_ref.name.as_deref(), Some("Ministry of Foreign Affairs"), "{name:?}");
    }
}
