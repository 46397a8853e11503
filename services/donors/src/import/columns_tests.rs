use super::*;

fn headings(text: &str) -> Vec<String> {
    text.split(';').map(str::to_owned).collect()
}

fn mapping(json: &str) -> Mapping {
    let mut mapping = Mapping::default();
    mapping.add_json(json).unwrap();
    mapping
}

#[test]
fn the_templates_headings_need_no_mapping_whatever_their_case() {
    let headings = headings("External ref;DONOR;Status;amount;Currency;Remarks");
    let headed = Columns::of(&headings, &Mapping::default(), false).unwrap();
    let fields: Vec<Option<&str>> = headed.found.iter().map(|column| column.field.as_deref()).collect();
    let expected =
        [Some("external_ref"), Some("donor"), Some("status"), Some("amount"), Some("currency"), None];
    assert_eq!(fields, expected);
    assert_eq!(headed.columns.unwrap().count(), 6);
}

#[test]
fn a_mapping_goes_before_the_headings_and_can_leave_a_column_out() {
    let given = mapping(r#"{"No.": "external_ref", "status": null, "State": "status", "decimal": ","}"#);
    let headed =
        Columns::of(&headings("No.;external_ref;status;State;donor;amount;currency"), &given, false).unwrap();
    let fields: Vec<Option<&str>> = headed.found.iter().map(|column| column.field.as_deref()).collect();
    assert_eq!(fields[..4], [Some("external_ref"), None, None, Some("status")]);
    let (record, wrong) = headed
        .columns
        .unwrap()
        .record(["7", "x", "x", "paid", "A", "12,50", "USD"].into_iter().map(Cell::Text));
    assert_eq!((record.text("amount"), wrong.len()), (Some("12.50"), 0));
}

#[test]
fn an_empty_cell_erases_unless_the_mapping_says_that_it_keeps() {
    let headings = headings("external_ref;donor;status;amount;currency;Remarks;countries;description");
    let silent = |json: &str| {
        let columns = Columns::of(&headings, &mapping(json), false).unwrap().columns.unwrap();
        let cells = ["7", "A", "paid", "1", "USD", "late", ""].into_iter().map(Cell::Text);
        columns.record(cells).0.silent()
    };
    let erasing = silent(r#"{"Remarks": null}"#);
    assert!(!erasing.contains("countries") && !erasing.contains("description"), "{erasing:?}");
    assert!(erasing.contains("flow_date") && erasing.contains("new_money"), "{erasing:?}");
    let keeping = silent(r#"{"Remarks": null, "empty": "keep"}"#);
    assert!(keeping.contains("countries") && keeping.contains("description"), "{keeping:?}");
    assert!(!keeping.contains("status"), "{keeping:?}");
    let ignored = silent(r#"{"description": null}"#);
    assert!(ignored.contains("description"), "a column that is not read says nothing");
}

#[test]
fn thousands_are_set_off_where_the_decimal_sign_is_stated() {
    let read = |json: &str, amount: &str| {
        let headings = headings("external_ref;donor;status;amount;currency");
        let columns = Columns::of(&headings, &mapping(json), false).unwrap().columns.unwrap();
        let (record, wrong) = columns.record(["7", "A", "paid", amount, "USD"].into_iter().map(Cell::Text));
        let wrong = wrong.into_iter().next();
        (record.text("amount").map(str::to_owned), wrong.map(|error| (error.code, error.detail)))
    };
    for amount in ["1\u{a0}234,50", "1\u{202f}234,50", "1 234,50", "1'234,50", "1\u{2019}234,50"] {
        assert_eq!(read(r#"{"decimal": ","}"#, amount), (Some("1234.50".to_owned()), None), "{amount:?}");
    }
    assert_eq!(read(r#"{"decimal": "."}"#, "1'234.50"), (Some("1234.50".to_owned()), None));
    let wrong = |json: &str, amount: &str| read(json, amount).1.unwrap();
    let (code, detail) = wrong(r#"{"decimal": ","}"#, "1\u{a0}23,50");
    assert_eq!(
        (code, detail.as_str()),
        (FieldCode::NotANumber, "\"1[U+00A0]23,50\" is not a decimal number")
    );
    let (code, detail) = wrong(r#"{"decimal": ","}"#, "1.234,50");
    assert!(code == FieldCode::DecimalPoint && detail.starts_with("\"1.234,50\""), "{detail}");
    assert_eq!(wrong(r#"{"decimal": "."}"#, "1,234.50").0, FieldCode::DecimalComma);
}

#[test]
fn a_row_of_tags_is_told_from_a_row_of_errors() {
    let is = |cells: &[&'static str]| {
        let cell = |text: &&'static str| if text.is_empty() { Cell::Empty } else { Cell::Text(text) };
        is_tags(cells.iter().map(cell))
    };
    assert!(is(&["#activity+id", "", "#org +funder", "#value"]));
    for cells in [&["#REF!", "#N/A"][..], &["#1", "#2"], &["#org", "Norway"], &["", ""], &[]] {
        assert!(!is(cells), "{cells:?}");
    }
}

#[test]
fn columns_that_are_not_there_or_there_twice_are_named() {
    let refused = Columns::of(&headings("donor;amount"), &Mapping::default(), false).err().unwrap();
    let pointers: Vec<&str> = refused.errors.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(pointers, ["/headings/external_ref", "/headings/status", "/headings/currency"]);
    let described = Columns::of(&headings("donor;amount"), &Mapping::default(), true).unwrap();
    assert!(described.columns.is_none() && described.note.unwrap().contains("external_ref"));
    let twice = Columns::of(&headings("Amount;amount"), &Mapping::default(), true).err().unwrap();
    assert_eq!(twice.errors[0].code, FieldCode::ColumnTwice);
    assert!(twice.errors[0].detail.contains("both mapped to amount"), "{:?}", twice.errors);
    let both = mapping(r#"{"A": "amount", "B": "amount"}"#);
    assert!(Columns::of(&headings("A;B"), &both, true).is_err());
    let many: Vec<String> = (0..300).map(|number| format!("column {number}")).collect();
    let many = Columns::of(&many, &Mapping::default(), true).err().unwrap();
    assert!(many.errors[0].detail.contains("300"), "{:?}", many.errors);
}

#[test]
fn a_mapping_that_names_no_field_is_refused() {
    let mut given = Mapping::default();
    for text in ["[]", "x", r#"{"A": "colour"}"#, r#"{"A": 5}"#] {
        assert_eq!(given.add_json(text).unwrap_err().errors[0].pointer, "mapping", "{text}");
    }
}

#[test]
fn a_mapping_of_as_many_columns_as_a_table_may_have_also_says_how_numbers_are_read() {
    let stated = |columns: usize| {
        let columns = (0..columns).map(|number| (format!("Column {number}"), serde_json::Value::Null));
        let signs = [("decimal", ","), ("empty", "keep")].map(|(key, sign)| (key.to_owned(), sign.into()));
        serde_json::Value::Object(columns.chain(signs).collect()).to_string()
    };
    mapping(&stated(MAX_COLUMNS));
    let refused = Mapping::default().add_json(&stated(MAX_COLUMNS + 1)).unwrap_err();
    assert_eq!(refused.errors[0].code, FieldCode::TooMany);
}

#[test]
fn cells_say_why_they_cannot_be_read() {
    let headed = Columns::of(
        &headings("external_ref;donor;status;amount;currency;flow_date"),
        &mapping(r#"{"decimal": ","}"#),
        false,
    );
    let huge = "x".repeat(MAX_CELL_LENGTH + 1);
    let cells = [
        Cell::Text(&huge),
        Cell::Empty,
        Cell::Wrong(FieldCode::CellError.says("is an error (#REF!)")),
        Cell::Text("1.250,50"),
        Cell::Text("USD"),
        Cell::Number("45000".into()),
    ];
    let (record, wrong) = headed.unwrap().columns.unwrap().record(cells.into_iter());
    assert_eq!(record.text("currency"), Some("USD"));
    let pointers: Vec<&str> = wrong.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(pointers, ["/external_ref", "/status", "/amount", "/flow_date"]);
    let codes: Vec<FieldCode> = wrong.iter().map(|error| error.code).collect();
    let expected =
        [FieldCode::TooLong, FieldCode::CellError, FieldCode::DecimalPoint, FieldCode::NumberForDate];
    assert_eq!(codes, expected);
}

#[test]
fn what_is_stated_goes_before_what_was_saved() {
    let column = |heading: &str, field: Option<&str>| {
        let (heading, field) = (heading.to_owned(), field.map(str::to_owned));
        MappedColumn::from(Column { heading, field })
    };
    let columns = [
        column("No.", Some("external_ref")),
        column("Who", Some("donor")),
        column("status", None),
        column("Old", Some("a field of long ago")),
    ];
    let saved = || Mapping::saved(&columns, Some(DecimalSign::Comma), Some(EmptyCells::Keep));
    let fields = |mapping: &Mapping, text: &str| -> Vec<Option<String>> {
        let headed = Columns::of(&headings(text), mapping, true).unwrap();
        headed.found.into_iter().map(|column| column.field).collect()
    };
    let field = |name: &str| Some(name.to_owned());
    let alone = Mapping::default().over(saved());
    assert_eq!((alone.decimal, alone.empty), (Some(DecimalSign::Comma), Some(EmptyCells::Keep)));
    let expected = [field("external_ref"), field("donor"), None, None, field("amount")];
    assert_eq!(fields(&alone, "No.;Who;status;Old;Montant"), expected);
    let stated = mapping(r#"{"status": "status", "Who": null, "decimal": "."}"#).over(saved());
    assert_eq!((stated.decimal, stated.empty), (Some(DecimalSign::Point), Some(EmptyCells::Keep)));
    assert_eq!(fields(&stated, "No.;Who;status"), [field("external_ref"), None, field("status")]);
    let nothing = Mapping::default().over(Mapping::default());
    assert_eq!(nothing.decimal, Some(DecimalSign::Point), "the numbers of most files");
}
