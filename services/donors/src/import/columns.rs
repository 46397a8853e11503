//! Which column of a table is which field: the template's headings, what is usual in three languages, or what the sender
//! says.

use super::{
    fields::{FIELDS, Field, ImportField, Kind, field_of},
    grouping, headings,
    record::Record,
};
use chrono::NaiveDate;
use kernel::{Fault, FieldCode, FieldError, MoneyError, Problem, Word, closed_set, fault};
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

closed_set! {
    /// The decimal separator of the numbers of a table. Where it is stated, blanks and apostrophes may stand between
    /// thousands.
    pub enum DecimalSign {
        Point = "point",
        Comma = "comma",
    }
}

closed_set! {
    /// What an empty cell does to the value of an existing contribution.
    pub enum EmptyCells {
        Erase = "erase",
        Keep = "keep",
    }
}

impl DecimalSign {
    fn sign(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }
}

/// A column of an imported table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Column {
    /// Its heading in the file.
    #[schema(example = "Donor name", max_length = 200)]
    pub(crate) heading: String,
    /// The field it is mapped to; null when it is ignored.
    #[schema(example = "donor", max_length = 40)]
    pub(crate) field: Option<String>,
}

/// A column of a source's tables, as it is saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MappedColumn {
    /// Its heading in the files.
    #[schema(example = "Donor name", max_length = 200)]
    pub(crate) heading: String,
    /// The field it is mapped to; null when it is ignored.
    #[schema(value_type = Option<ImportField>, example = "donor")]
    pub(crate) field: Option<Word<ImportField>>,
}

impl From<Column> for MappedColumn {
    fn from(Column { heading, field }: Column) -> Self {
        let word =
            |name: String| name.parse::<ImportField>().map_or_else(|_| Word::Unknown(name), Word::Known);
        Self { heading, field: field.map(word) }
    }
}

/// What the sender says of the columns: heading → field, or nothing for a column that is not to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mapping {
    headings: HashMap<String, Option<&'static str>>,
    /// The sign that ends whole numbers, where the sender says it.
    pub(super) decimal: Option<DecimalSign>,
    /// What an empty cell does, where the sender says it; else it erases.
    pub(super) empty: Option<EmptyCells>,
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
        // How numbers and empty cells are read is no column.
        let columns = stated.keys().filter(|key| ![DECIMAL, EMPTY].contains(&key.as_str()));
        if columns.count() > MAX_COLUMNS {
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
        match (heading, field) {
            (DECIMAL, ".") => self.decimal = Some(DecimalSign::Point),
            (DECIMAL, ",") => self.decimal = Some(DecimalSign::Comma),
            (EMPTY, "erase") => self.empty = Some(EmptyCells::Erase),
            (EMPTY, "keep") => self.empty = Some(EmptyCells::Keep),
            // A choice that was not made.
            (DECIMAL | EMPTY, "") => {}
            (heading, field) => return self.add_heading(heading, field),
        }
        Ok(())
    }

    fn add_heading(&mut self, heading: &str, field: &str) -> Result<(), Problem> {
        let refuse = |fault: Fault| Err(Problem::invalid_parameter("mapping", fault));
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

    /// A mapping that was saved: of a field that this version does not know, the column is ignored.
    pub(super) fn saved(
        columns: &[MappedColumn],
        decimal: Option<DecimalSign>,
        empty: Option<EmptyCells>,
    ) -> Self {
        let known = |field: &Word<ImportField>| field.known().map(ImportField::as_str);
        let headings = columns
            .iter()
            .map(|column| (column.heading.trim().to_owned(), column.field.as_ref().and_then(known)));
        Self { headings: headings.collect(), decimal, empty }
    }

    /// This mapping, and what a saved one says of headings and signs of which this one says nothing. Where neither says it,
    /// whole numbers end with a point.
    pub(super) fn over(self, saved: Self) -> Self {
        let mut headings = saved.headings;
        headings.extend(self.headings);
        let decimal = self.decimal.or(saved.decimal).or(Some(DecimalSign::Point));
        Self { headings, decimal, empty: self.empty.or(saved.empty) }
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
    decimal: Option<DecimalSign>,
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
            let empty_keeps = mapping.empty == Some(EmptyCells::Keep);
            let columns = Some(Columns { fields, decimal: mapping.decimal, empty_keeps });
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
                    Some(decimal) if field.kind == Kind::Number => number(text, decimal.sign()).map(Some),
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

/// Two columns for one field.
fn twice(first: &str, second: &str, field: &str) -> Fault {
    let fault =
        FieldCode::ColumnTwice.says(format!("\"{first}\" and \"{second}\" are both mapped to {field}"));
    fault.with("first", first).with("second", second).with("field", field)
}

/// The field of each column: what the mapping says goes before the template's headings, and those before what is usual.
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
    let mut guesses: HashMap<&'static str, Vec<usize>> = HashMap::new();
    for (index, heading) in headings.iter().enumerate() {
        if fields[index].is_some() || mapping.headings.contains_key(heading.trim()) {
            continue;
        }
        if let Some(name) = headings::usual(heading).filter(|name| !taken.contains_key(name)) {
            guesses.entry(name).or_default().push(index);
        }
    }
    for (name, columns) in guesses {
        // Which of two columns is meant, the sender says.
        if let [only] = columns.as_slice() {
            fields[*only] = field_of(name);
        }
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
#[path = "columns_tests.rs"]
mod tests;
