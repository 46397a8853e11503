//! Which column of a table is which field: the template's headings, or what the sender says.

use super::{
    fields::{FIELDS, Field, Kind, field_of},
    grouping,
    record::Record,
};
use chrono::NaiveDate;
use kernel::{Fault, FieldCode, FieldError, MoneyError, Problem, fault};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// Maximum number of columns of a table.
pub(super) const MAX_COLUMNS: usize = 200;
/// Maximum length of a cell, in characters: Excel's own limit.
pub(super) const MAX_CELL_LENGTH: usize = 32_767;
/// Maximum length to which a heading is kept, in characters.
const MAX_HEADING_LENGTH: usize = 200;
/// The key of a mapping that says which sign ends whole numbers.
const DECIMAL: &str = "decimal";
/// The key of a mapping that says what an empty cell does to the value that is held: it erases it, or keeps it.
const EMPTY: &str = "empty";

/// A column of an imported table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Column {
    /// Its heading in the file.
    #[schema(example = "Donor name", max_length = 200)]
    pub(crate) heading: String,
    /// The field it is mapped to; null when it is ignored.
    #[schema(example = "donor", max_length = 40)]
    pub(crate) field: Option<String>,
}

/// What the sender says of the columns: heading → field, or nothing for a column that is not to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mapping {
    headings: HashMap<String, Option<&'static str>>,
    /// The sign that ends whole numbers, where the sender says it.
    decimal: Option<char>,
    /// Whether an empty cell states nothing.
    empty_keeps: bool,
}

impl Mapping {
    /// Adds a JSON object: `{"Donor name": "donor", "Remarks": null, "decimal": ",", "empty": "keep"}`.
    ///
    /// # Errors
    /// 400 that names what is no field.
    pub(crate) fn add_json(&mut self, text: &str) -> Result<(), Problem> {
        let refuse = |fault: Fault| Problem::invalid_parameter("mapping", fault);
        let unread = FieldCode::Malformed.says("is not a JSON object of heading and field");
        let stated: HashMap<String, Option<String>> =
            serde_json::from_str(text).map_err(|_| refuse(unread))?;
        if stated.len() > MAX_COLUMNS {
            return Err(refuse(Fault::too_many(MAX_COLUMNS as u64, "entries")));
        }
        for (heading, field) in stated {
            self.add(&heading, field.as_deref().unwrap_or_default())?;
        }
        Ok(())
    }

    /// Adds one heading; no field means that it is not to be read.
    ///
    /// # Errors
    /// 400 when there is no such field.
    pub(crate) fn add(&mut self, heading: &str, field: &str) -> Result<(), Problem> {
        let refuse = |fault: Fault| Err(Problem::invalid_parameter("mapping", fault));
        if heading == DECIMAL && [",", "."].contains(&field) {
            self.decimal = field.chars().next();
            return Ok(());
        }
        if heading == EMPTY && ["erase", "keep"].contains(&field) {
            self.empty_keeps = field == "keep";
            return Ok(());
        }
        let known = field_of(field).map(|field| field.name);
        if known.is_none() && !field.is_empty() {
            let names: Vec<&str> = FIELDS.iter().map(|field| field.name).collect();
            return refuse(Fault::not_one_of(field, &names));
        }
        if self.headings.len() == MAX_COLUMNS {
            return refuse(Fault::too_many(MAX_COLUMNS as u64, "entries"));
        }
        self.headings.insert(heading.trim().to_owned(), known);
        Ok(())
    }
}

/// A cell as the format gives it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'a> {
    Empty,
    Text(&'a str),
    /// A number with a decimal point.
    Number(String),
    Date(NaiveDate),
    /// What cannot be read, and why.
    Wrong(Fault),
}

/// The columns of a table.
#[derive(Debug)]
pub(super) struct Columns {
    fields: Vec<Option<&'static Field>>,
    decimal: Option<char>,
    empty_keeps: bool,
}

/// What a row of headings turned out to be.
pub(super) struct Headed {
    /// Nothing when the table lacks columns and is only described.
    pub(super) columns: Option<Columns>,
    pub(super) found: Vec<Column>,
    pub(super) note: Option<String>,
}

impl Columns {
    /// Reads the headings. A table that lacks columns is refused, or described when `describe` is set.
    ///
    /// # Errors
    /// 422 for headings that cannot be told apart, and for columns that are not there.
    pub(super) fn of(headings: &[String], mapping: &Mapping, describe: bool) -> Result<Headed, Problem> {
        let refuse = |fault: Fault| Problem::invalid_field("/headings", fault);
        if headings.len() > MAX_COLUMNS {
            let why = format!("are {}: at most {MAX_COLUMNS} columns are allowed", headings.len());
            return Err(refuse(FieldCode::TooMany.says(why).with("max", MAX_COLUMNS)));
        }
        let fields = assigned(headings, mapping).map_err(refuse)?;
        let cut = |heading: &String| heading.trim().chars().take(MAX_HEADING_LENGTH).collect();
        let field = |field: &Option<&'static Field>| field.map(|field| field.name.to_owned());
        let columns = headings.iter().zip(&fields);
        let found = columns.map(|(heading, of)| Column { heading: cut(heading), field: field(of) }).collect();
        let missing = missing(&fields);
        if missing.is_empty() {
            let Mapping { decimal, empty_keeps, .. } = *mapping;
            let columns = Some(Columns { fields, decimal, empty_keeps });
            return Ok(Headed { columns, found, note: None });
        }
        if describe {
            let note = format!("No row was read: no column is mapped to {}.", missing.join(", "));
            return Ok(Headed { columns: None, found, note: Some(note) });
        }
        let shown: Vec<String> =
            headings.iter().take(30).map(|text| text.chars().take(40).collect()).collect();
        let lacks = |name: &&str| {
            let headings = shown.join(", ");
            let why = format!("no column is mapped to {name}; the file's headings are {headings}");
            let fault = FieldCode::MissingColumn.says(why).with("field", *name).with("headings", headings);
            FieldError::new(format!("/headings/{name}"), fault)
        };
        Err(Problem::invalid_fields(missing.iter().map(lacks).collect()))
    }

    /// How many columns there are.
    pub(super) fn count(&self) -> usize {
        self.fields.len()
    }

    /// The fields of a row, and what cannot be read of it. A row that ends early has empty cells at its end: spreadsheet
    /// programs leave them out.
    pub(super) fn record<'a>(&self, cells: impl Iterator<Item = Cell<'a>>) -> (Record, Vec<FieldError>) {
        let mut record = Record::default();
        let mut wrong = Vec::new();
        for (field, cell) in self.fields.iter().zip(cells.chain(std::iter::repeat(Cell::Empty))) {
            let Some(field) = field else { continue };
            match self.text(field, cell) {
                Ok(Some(text)) => {
                    record.set(field.name, &text);
                    self.erase(&mut record, field);
                }
                Ok(None) => self.erase(&mut record, field),
                Err(fault) => wrong.push(FieldError::new(format!("/{}", field.name), fault)),
            }
        }
        (record, wrong)
    }

    /// What the row has stated so far of a field stays; else its cell is empty.
    fn erase(&self, record: &mut Record, field: &Field) {
        if !self.empty_keeps {
            record.erase(field.name);
        }
    }

    fn text(&self, field: &Field, cell: Cell<'_>) -> Result<Option<String>, Fault> {
        match cell {
            Cell::Empty => Ok(None),
            Cell::Wrong(fault) => Err(fault),
            Cell::Date(day) => Ok(Some(day.to_string())),
            Cell::Number(_) if field.kind == Kind::Date => {
                let why = "is a number, not a date: give the cell a date format, or write YYYY-MM-DD";
                Err(FieldCode::NumberForDate.says(why))
            }
            Cell::Number(number) => Ok(Some(number)),
            Cell::Text(text) => {
                // Counting characters is for the few cells that have so many bytes.
                if text.len() > MAX_CELL_LENGTH && text.chars().count() > MAX_CELL_LENGTH {
                    return Err(Fault::too_long(MAX_CELL_LENGTH));
                }
                match self.decimal {
                    Some(decimal) if field.kind == Kind::Number => number(text, decimal).map(Some),
                    _ => Ok(Some(text.to_owned())),
                }
            }
        }
    }
}

/// A number that ends its whole part with `decimal`, with a decimal point.
fn number(text: &str, decimal: char) -> Result<String, Fault> {
    if let Some(plain) = grouping::plain(text, decimal) {
        return Ok(plain);
    }
    let value = fault::shown(text.trim());
    let fault = match decimal {
        ',' if text.contains('.') => FieldCode::DecimalPoint.says(format!(
            "\"{value}\" contains a point, but the decimal separator of the mapping is a comma"
        )),
        '.' if text.contains(',') => FieldCode::DecimalComma.says(format!(
            "\"{value}\" contains a comma, but the decimal separator of the mapping is a point"
        )),
        _ => return Err(MoneyError::NotANumber(value).into()),
    };
    Err(fault.with("value", value))
}

/// Whether a row holds HXL tags (`#org+funder`, as the tables of the Humanitarian Data Exchange have under their
/// headings) and no contribution. Errors of formulas, such as `#REF!`, are no tags.
pub(super) fn is_tags<'a>(cells: impl Iterator<Item = Cell<'a>>) -> bool {
    let is_tag = |text: &str| {
        let word = text.trim().strip_prefix('#').unwrap_or_default();
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | ' ');
        word.starts_with(|c: char| c.is_ascii_alphabetic()) && word.chars().all(fits)
    };
    let mut stated = cells.filter(|cell| *cell != Cell::Empty).peekable();
    stated.peek().is_some() && stated.all(|cell| matches!(cell, Cell::Text(text) if is_tag(text)))
}

/// What is said of a row of HXL tags that was left out.
pub(super) fn left_out(number: u64) -> String {
    format!("Row {number} holds HXL tags and no contribution: it was left out.")
}

/// `Donor name`, `donor-name` and `DONOR_NAME` are one heading.
fn plain(heading: &str) -> String {
    kernel::text::search_key(heading).replace(' ', "_")
}

/// The field of each column: what the mapping says goes before what the headings say by themselves.
/// Two columns for one field.
fn twice(first: &str, second: &str, field: &str) -> Fault {
    let fault =
        FieldCode::ColumnTwice.says(format!("\"{first}\" and \"{second}\" are both mapped to {field}"));
    fault.with("first", first).with("second", second).with("field", field)
}

fn assigned(headings: &[String], mapping: &Mapping) -> Result<Vec<Option<&'static Field>>, Fault> {
    let mut fields: Vec<Option<&'static Field>> = vec![None; headings.len()];
    let mut taken: HashMap<&'static str, &str> = HashMap::new();
    for (place, heading) in fields.iter_mut().zip(headings) {
        let Some(Some(name)) = mapping.headings.get(heading.trim()) else { continue };
        if let Some(other) = taken.insert(name, heading) {
            return Err(twice(other, heading, name));
        }
        *place = field_of(name);
    }
    let by_mapping = taken.clone();
    for (place, heading) in fields.iter_mut().zip(headings) {
        let Some(field) = field_of(&plain(heading)) else { continue };
        if mapping.headings.contains_key(heading.trim()) || by_mapping.contains_key(field.name) {
            continue;
        }
        if let Some(other) = taken.insert(field.name, heading) {
            return Err(twice(other, heading, field.name));
        }
        *place = Some(field);
    }
    Ok(fields)
}

fn missing(fields: &[Option<&'static Field>]) -> Vec<&'static str> {
    let there = |name: &str| fields.iter().flatten().any(|field| field.name == name);
    let mut missing: Vec<&'static str> =
        FIELDS.iter().filter(|field| field.required && !there(field.name)).map(|field| field.name).collect();
    if !["donor", "donor_ref", "donor_id"].into_iter().any(there) {
        missing.push("donor");
    }
    missing
}

#[cfg(test)]
mod tests {
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
            Columns::of(&headings("No.;external_ref;status;State;donor;amount;currency"), &given, false)
                .unwrap();
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
            let (record, wrong) =
                columns.record(["7", "A", "paid", amount, "USD"].into_iter().map(Cell::Text));
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
}
