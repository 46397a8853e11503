//! What a sheet needs of the workbook around it: where it is, the shared texts, which number formats are dates.

use super::{
    super::{
        format::not_what_it_says,
        xml::{Node, Xml, attribute, cut},
    },
    MAX_TEXT_BYTES,
    archive::{Archive, not_xlsx},
};
use kernel::{FieldCode, Problem};
use std::collections::HashMap;

/// Maximum number of styles: Excel's own limit.
const MAX_STYLES: usize = 65_536;

/// The shared texts of a workbook, one after the other.
#[derive(Default)]
pub(super) struct Texts {
    all: String,
    ends: Vec<u32>,
}

impl Texts {
    /// The text of this number.
    pub(super) fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)? as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.all.get(start..end)
    }
}

/// The workbook.
pub(super) struct Workbook {
    /// The entry of its first sheet that is shown.
    pub(super) sheet: String,
    pub(super) texts: Texts,
    /// Whether cells of this style are dates.
    pub(super) dates: Vec<bool>,
    /// Whether days are counted from 1904.
    pub(super) from_1904: bool,
}

impl Workbook {
    pub(super) fn read(archive: &mut Archive) -> Result<Self, Problem> {
        let (relation, from_1904) = first_sheet(archive)?;
        let sheet = target(archive, &relation)?;
        Ok(Self { sheet, texts: texts(archive)?, dates: dates(archive)?, from_1904 })
    }
}

fn no_workbook() -> Problem {
    not_xlsx("the file is a ZIP archive but not XLSX: it contains no workbook with a sheet")
}

fn name(element: &quick_xml::events::BytesStart<'_>) -> String {
    element.local_name().as_ref().to_owned()
}

/// The relation of the first sheet that is shown, and whether days are counted from 1904.
fn first_sheet(archive: &mut Archive) -> Result<(String, bool), Problem> {
    let mut xml = Xml::new(archive.small_entry("xl/workbook.xml")?.ok_or_else(no_workbook)?);
    let (mut sheet, mut from_1904) = (None, false);
    loop {
        match xml.next()? {
            Node::Start(element) => match name(&element).as_str() {
                "workbookPr" => {
                    let stated = attribute(&element, "date1904")?;
                    from_1904 = stated.is_some_and(|stated| ["1", "true"].contains(&stated.as_str()));
                }
                "sheet" if sheet.is_none() => {
                    let shown = attribute(&element, "state")?.is_none_or(|state| state == "visible");
                    sheet = if shown { attribute(&element, "id")? } else { None };
                }
                _ => {}
            },
            Node::End | Node::Text(_) => {}
            Node::Eof => return Ok((sheet.ok_or_else(no_workbook)?, from_1904)),
        }
    }
}

/// The entry that a relation of the workbook leads to.
fn target(archive: &mut Archive, relation: &str) -> Result<String, Problem> {
    let mut xml = Xml::new(archive.small_entry("xl/_rels/workbook.xml.rels")?.ok_or_else(no_workbook)?);
    loop {
        match xml.next()? {
            Node::Start(element) if name(&element) == "Relationship" => {
                if attribute(&element, "Id")?.as_deref() == Some(relation) {
                    let target = attribute(&element, "Target")?.ok_or_else(no_workbook)?;
                    return Ok(target.strip_prefix('/').map_or(format!("xl/{target}"), str::to_owned));
                }
            }
            Node::Start(_) | Node::End | Node::Text(_) => {}
            Node::Eof => return Err(no_workbook()),
        }
    }
}

fn texts(archive: &mut Archive) -> Result<Texts, Problem> {
    let mut texts = Texts::default();
    let Some(entry) = archive.small_entry("xl/sharedStrings.xml")? else { return Ok(texts) };
    let mut xml = Xml::new(entry);
    let mut path: Vec<String> = Vec::new();
    loop {
        match xml.next()? {
            Node::Start(element) => path.push(name(&element)),
            Node::Text(text) => {
                // Readings beside Asian texts (rPh) are not part of them.
                if path.last().is_some_and(|last| last == "t") && !path.iter().any(|name| name == "rPh") {
                    // One byte more than a cell may hold, so that whoever reads it sees that it is too long.
                    let begun = texts.ends.last().map_or(0, |end| *end as usize);
                    let room = (MAX_TEXT_BYTES + 1).saturating_sub(texts.all.len() - begun);
                    texts.all.push_str(cut(&text, room));
                }
            }
            Node::End => {
                if path.pop().is_some_and(|ended| ended == "si") {
                    let end = u32::try_from(texts.all.len());
                    texts.ends.push(end.map_err(|_| {
                        not_what_it_says(FieldCode::TooComplex.says("the shared texts are too long"))
                    })?);
                }
            }
            Node::Eof => return Ok(texts),
        }
    }
}

/// For each style of a cell, whether it shows a number as a date.
fn dates(archive: &mut Archive) -> Result<Vec<bool>, Problem> {
    let Some(entry) = archive.small_entry("xl/styles.xml")? else { return Ok(Vec::new()) };
    let mut xml = Xml::new(entry);
    let mut own: HashMap<String, bool> = HashMap::new();
    let (mut dates, mut path) = (Vec::new(), Vec::new());
    loop {
        match xml.next()? {
            Node::Start(element) => {
                let name = name(&element);
                if name == "numFmt" && own.len() < MAX_STYLES {
                    let id = attribute(&element, "numFmtId")?.unwrap_or_default();
                    let code = attribute(&element, "formatCode")?.unwrap_or_default();
                    own.insert(id, shows_dates(&code));
                }
                let of_cells = path.last().is_some_and(|last| last == "cellXfs");
                if name == "xf" && of_cells && dates.len() < MAX_STYLES {
                    let id = attribute(&element, "numFmtId")?.unwrap_or_default();
                    dates.push(own.get(&id).copied().unwrap_or_else(|| is_date(&id)));
                }
                path.push(name);
            }
            Node::End => {
                path.pop();
            }
            Node::Text(_) => {}
            Node::Eof => return Ok(dates),
        }
    }
}

/// The built-in number formats that are dates (ECMA-376 part 1, 18.8.30, and those of East Asian editions).
fn is_date(id: &str) -> bool {
    matches!(id.parse(), Ok(14..=17 | 22 | 27..=31 | 36 | 50..=58))
}

/// Whether a number format shows the day or the year: outside of quotations, brackets and escaped signs.
fn shows_dates(code: &str) -> bool {
    let mut signs = code.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '"' => {
                signs.by_ref().find(|sign| *sign == '"');
            }
            '[' => {
                signs.by_ref().find(|sign| *sign == ']');
            }
            '\\' | '_' | '*' => {
                signs.next();
            }
            'd' | 'D' | 'y' | 'Y' => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_formats_are_told_from_dates() {
        for code in ["yyyy-mm-dd", "[$-409]d\\-mmm\\-yy;@", "DD/MM/YYYY"] {
            assert!(shows_dates(code), "{code}");
        }
        for code in ["0.00", "#,##0.00 \"days\"", "[Red]0.00", "0.00_d", "General", "\\d0"] {
            assert!(!shows_dates(code), "{code}");
        }
        assert!(is_date("14") && !is_date("2") && !is_date("x"));
    }
}
