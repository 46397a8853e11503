//! Accessible PDF documents (PDF/UA-1, ISO 14289-1) of headings, paragraphs and tables.
//!
//! A document is a value ([`Document`]); [`write`] lays it out on A4 pages. Every text is tagged (headings, paragraphs,
//! tables with their header cells) in reading order; what repeats on every page is an artifact. Fonts are embedded with
//! the characters of their glyphs. Text runs in both directions (Unicode's bidirectional algorithm). A character that
//! the font lacks is shown as U+FFFD and keeps its meaning for readers and search; [`Document::missing`] says so.

mod layout;
mod text;
mod writer;

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What it is called: its first heading, and the title that readers announce.
    pub title: String,
    /// The language of its texts: a BCP 47 tag.
    pub language: String,
    /// Who issues it.
    pub author: String,
    /// The footer of every page, before the page number.
    pub footer: String,
    /// When it was made: year, month, day.
    pub date: (u16, u8, u8),
    /// The note at the end if the font lacks a character.
    pub missing: String,
    /// What it consists of, below the title.
    pub blocks: Vec<Block>,
}

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading of the second level.
    Heading(String),
    /// A paragraph.
    Paragraph(String),
    /// Facts, line by line: a name and a value.
    Facts(Vec<(String, String)>),
    /// A table.
    Table(Table),
}

/// A table, whose head is repeated on every page. The first cell of each row names the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What it shows; empty where the heading above says it.
    pub caption: String,
    /// Its columns, from left to right.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub heading: String,
    /// Its part of the width, against that of the others.
    pub share: u16,
    /// Whether its cells are numbers, which end on one line.
    pub number: bool,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// A cell for each column; an empty one is shown as a dash.
    pub cells: Vec<String>,
    /// Whether it sums up those above.
    pub total: bool,
}

/// The document cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// The embedded fonts cannot be read.
    #[error("a font cannot be read")]
    Font,
    /// What was laid out breaks a rule of PDF or of PDF/UA-1.
    #[error("the PDF does not conform: {0}")]
    Pdf(String),
}

/// The document as a PDF file.
///
/// # Errors
/// [`PdfError`]; no text makes it fail.
pub fn write(document: &Document) -> Result<Vec<u8>, PdfError> {
    let faces = text::Faces::new()?;
    let plan = layout::plan(document, &faces);
    writer::write(document, &faces, &plan)
}

#[cfg(test)]
mod tests;
