//! The layout: the position and the role of everything on the pages.

use crate::{
    Block, Document, Row, Table,
    text::{Face, Faces, Line},
};

/// A4, in points.
pub(crate) const PAGE_SIZE: (f32, f32) = (595.276, 841.89);
pub(crate) const MARGIN: f32 = 48.0;
pub(crate) const CONTENT_WIDTH: f32 = PAGE_SIZE.0 - 2.0 * MARGIN;
/// Where the text of a page ends; below it is the footer.
const CONTENT_BOTTOM: f32 = PAGE_SIZE.1 - 60.0;
const TEXT_SIZE: f32 = 9.5;
const CELL_TEXT_SIZE: f32 = 8.0;
/// The distance of lines, in parts of the font's size.
const LINE_HEIGHT: f32 = 1.35;
/// Where the base line is in that, from above.
const BASELINE: f32 = 1.0;
/// The space between two columns.
const GUTTER: f32 = 6.0;
/// Minimum share of the width that numeric columns leave to the others.
const MIN_TEXT_SHARE: f32 = 0.4;
/// The space above and below the text of a cell.
const PADDING: f32 = 2.5;

/// The role of a part of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Heading(u16),
    Paragraph,
    Table,
    Caption,
    Head,
    Body,
    Row,
    ColumnHeading,
    RowHeading,
    Cell,
}

/// A part of the document.
pub(crate) struct Node {
    pub(crate) role: Role,
    /// What a heading is the heading of, for readers that list them.
    pub(crate) title: Option<String>,
    pub(crate) children: Vec<Child>,
}

/// A child of a part: another part, or a mark on a page.
pub(crate) enum Child {
    Node(usize),
    Mark(usize, usize),
}

/// A drawing operation.
pub(crate) enum Mark {
    /// A line of text with its base line; part of the document, or repeated on every page.
    Text { x: f32, y: f32, size: f32, bold: bool, line: Line, tagged: bool },
    /// A line across the page.
    Rule { y: f32, weight: f32 },
}

/// A heading, for the outline.
pub(crate) struct Heading {
    pub(crate) page: usize,
    pub(crate) y: f32,
    pub(crate) text: String,
}

/// The whole document.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) pages: Vec<Vec<Mark>>,
    pub(crate) nodes: Vec<Node>,
    /// The parts of the document itself.
    pub(crate) roots: Vec<usize>,
    pub(crate) headings: Vec<Heading>,
}

struct Layout<'a> {
    faces: &'a Faces,
    plan: Plan,
    /// How far the last page is full.
    y: f32,
    is_missing: bool,
}

/// Lays a document out.
pub(crate) fn plan(document: &Document, faces: &Faces) -> Plan {
    let mut layout = Layout { faces, plan: Plan::default(), y: MARGIN, is_missing: false };
    layout.plan.pages.push(Vec::new());
    layout.heading(1, 17.0, &document.title);
    for block in &document.blocks {
        match block {
            Block::Heading(text) => layout.heading(2, 12.0, text),
            Block::Paragraph(text) => layout.paragraph(text),
            Block::Facts(facts) => layout.facts(facts),
            Block::Table(table) => layout.table(table),
        }
    }
    if layout.is_missing {
        layout.paragraph(&document.missing);
    }
    layout.footers(&document.footer);
    layout.plan
}

/// A row whose texts are in lines, and how much of it is drawn.
struct Lines<'a> {
    cells: Vec<Vec<Line>>,
    columns: &'a [Place],
    size: f32,
    bold: bool,
}

/// Where a column is.
#[derive(Clone, Copy)]
struct Place {
    x: f32,
    width: f32,
    number: bool,
}

impl Lines<'_> {
    fn count(&self) -> usize {
        self.cells.iter().map(Vec::len).max().unwrap_or(0)
    }

    #[expect(clippy::cast_precision_loss, reason = "a few lines")]
    fn height(&self, lines: usize) -> f32 {
        lines as f32 * self.size * LINE_HEIGHT + 2.0 * PADDING
    }
}

impl Layout<'_> {
    fn add(&mut self, parent: Option<usize>, role: Role) -> usize {
        let node = self.plan.nodes.len();
        self.plan.nodes.push(Node { role, title: None, children: Vec::new() });
        match parent.and_then(|parent| self.plan.nodes.get_mut(parent)) {
            Some(parent) => parent.children.push(Child::Node(node)),
            None => self.plan.roots.push(node),
        }
        node
    }

    /// Puts a mark on the last page; under a part of the document, or as what is only decoration.
    fn mark(&mut self, node: Option<usize>, mark: Mark) {
        let page = self.plan.pages.len() - 1;
        let Some(marks) = self.plan.pages.last_mut() else { return };
        marks.push(mark);
        if let Some(node) = node.and_then(|node| self.plan.nodes.get_mut(node)) {
            node.children.push(Child::Mark(page, marks.len() - 1));
        }
    }

    fn new_page(&mut self) {
        self.plan.pages.push(Vec::new());
        self.y = MARGIN;
    }

    /// Starts a new page unless this much space is left.
    fn need(&mut self, height: f32) {
        if self.y + height > CONTENT_BOTTOM && self.y > MARGIN {
            self.new_page();
        }
    }

    /// A line of text; `x` is where it starts, or ends when it is pushed to the right of `width`.
    fn line(
        &mut self,
        node: Option<usize>,
        line: &Line,
        (x, width, right): (f32, f32, bool),
        size: f32,
        bold: bool,
    ) {
        let shaped = self.faces.of(bold).shape(line);
        self.is_missing |= shaped.is_missing;
        // The space at which a line was broken is there for readers, and does not push the others.
        let x = if right { x + width - (shaped.width - shaped.blank) * size } else { x };
        let tagged = node.is_some();
        let y = self.y + size * BASELINE;
        self.mark(node, Mark::Text { x, y, size, bold, line: line.clone(), tagged });
        self.y += size * LINE_HEIGHT;
    }

    fn texts(&mut self, node: usize, text: &str, size: f32, bold: bool) {
        for line in self.faces.of(bold).lines(text, CONTENT_WIDTH / size) {
            self.need(size * LINE_HEIGHT);
            self.line(Some(node), &line, (MARGIN, CONTENT_WIDTH, false), size, bold);
        }
    }

    fn heading(&mut self, level: u16, size: f32, text: &str) {
        if level > 1 {
            self.y += 12.0;
        }
        // A heading that says nothing is none to those who hear it.
        let text = if text.chars().all(|c| c.is_whitespace() || c.is_control()) { "—" } else { text };
        // A heading stands with what it is the heading of.
        self.need(size * LINE_HEIGHT + 70.0);
        let node = self.add(None, Role::Heading(level));
        if let Some(heading) = self.plan.nodes.get_mut(node) {
            heading.title = Some(text.to_owned());
        }
        self.plan.headings.push(Heading {
            page: self.plan.pages.len() - 1,
            y: self.y,
            text: text.to_owned(),
        });
        self.texts(node, text, size, true);
        self.y += 4.0;
    }

    fn paragraph(&mut self, text: &str) {
        let node = self.add(None, Role::Paragraph);
        self.texts(node, text, TEXT_SIZE, false);
        self.y += 5.0;
    }

    /// Names and values: a table without a head.
    fn facts(&mut self, facts: &[(String, String)]) {
        let table = self.add(None, Role::Table);
        let body = self.add(Some(table), Role::Body);
        let columns = places(&[(1, false), (3, false)], &[]);
        for (name, value) in facts {
            let row = self.add(Some(body), Role::Row);
            let cells = [(name, true), (value, false)].map(|(text, bold)| (text.as_str(), bold));
            let nodes = [self.add(Some(row), Role::RowHeading), self.add(Some(row), Role::Cell)];
            let lines: Vec<Vec<Line>> = cells
                .iter()
                .zip(&columns)
                .map(|((text, bold), place)| cell(self.faces.of(*bold), text, *place, TEXT_SIZE))
                .collect();
            let height = Lines { cells: lines.clone(), columns: &columns, size: TEXT_SIZE, bold: false };
            self.need(height.height(height.count()));
            let top = self.y;
            let mut lowest = top;
            for (((lines, (_, bold)), place), node) in lines.iter().zip(&cells).zip(&columns).zip(nodes) {
                self.y = top;
                for line in lines {
                    self.need(TEXT_SIZE * LINE_HEIGHT);
                    self.line(Some(node), line, (place.x, place.width, false), TEXT_SIZE, *bold);
                }
                lowest = lowest.max(self.y);
            }
            self.y = lowest + 1.0;
        }
        self.y += 5.0;
    }

    fn table(&mut self, table: &Table) {
        let node = self.add(None, Role::Table);
        let shares: Vec<(u16, bool)> =
            table.columns.iter().map(|column| (column.share, column.number)).collect();
        let columns = places(&shares, &self.needed(table));
        let headings: Vec<&str> = table.columns.iter().map(|column| column.heading.as_str()).collect();
        let head = self.lines_of(&headings, &columns, true);
        let head_height = head.height(head.count());
        self.y += 6.0;
        self.need(TEXT_SIZE * LINE_HEIGHT + head_height + 40.0);
        if !table.caption.is_empty() {
            let caption = self.add(Some(node), Role::Caption);
            self.texts(caption, &table.caption, TEXT_SIZE, true);
            self.y += 1.0;
        }
        let group = self.add(Some(node), Role::Head);
        let row = self.add(Some(group), Role::Row);
        let cells: Vec<Option<usize>> =
            columns.iter().map(|_| Some(self.add(Some(row), Role::ColumnHeading))).collect();
        self.rows(&head, 0..head.count(), &cells);
        self.rule(0.8);
        let body = self.add(Some(node), Role::Body);
        for entry in &table.rows {
            self.row(body, entry, &columns, &head);
        }
        self.y += 8.0;
    }

    /// How wide the columns of numbers are, which are not broken; nothing for the others.
    fn needed(&self, table: &Table) -> Vec<f32> {
        let widest = |index: usize| {
            let cells = table.rows.iter().filter_map(|row| Some((row.cells.get(index)?, row.total)));
            let widths = cells.map(|(text, bold)| {
                let lines = self.faces.of(bold).lines(text, f32::INFINITY);
                lines.first().map_or(0.0, |line| self.faces.of(bold).shape(line).width)
            });
            widths.fold(0.0, f32::max) * CELL_TEXT_SIZE
        };
        let columns = table.columns.iter().enumerate();
        columns.map(|(index, column)| if column.number { widest(index) + 0.5 } else { 0.0 }).collect()
    }

    /// A row; on the next page under a repeated header when there is no space, and over several when no page is enough.
    fn row(&mut self, body: usize, entry: &Row, columns: &[Place], head: &Lines<'_>) {
        let row = self.add(Some(body), Role::Row);
        let cells: Vec<Option<usize>> = (0..columns.len())
            .map(|column| Some(self.add(Some(row), if column == 0 { Role::RowHeading } else { Role::Cell })))
            .collect();
        let texts: Vec<&str> = entry.cells.iter().map(String::as_str).collect();
        let lines = self.lines_of(&texts, columns, entry.total);
        let whole = CONTENT_BOTTOM - MARGIN - head.height(head.count());
        let mut next = 0;
        while next < lines.count() {
            let room = CONTENT_BOTTOM - self.y;
            let left = lines.count() - next;
            let mut fit = (1..=left).rev().find(|count| lines.height(*count) <= room).unwrap_or(0);
            if fit < left && lines.height(left) <= whole {
                fit = 0;
            }
            if fit == 0 {
                self.new_page();
                self.rows(head, 0..head.count(), &vec![None; columns.len()]);
                self.rule(0.8);
                fit = (1..=left)
                    .rev()
                    .find(|count| lines.height(*count) <= CONTENT_BOTTOM - self.y)
                    .unwrap_or(1);
            }
            if entry.total && next == 0 {
                self.rule(0.5);
            }
            self.rows(&lines, next..next + fit, &cells);
            next += fit;
        }
        self.rule(0.2);
    }

    /// Some lines of a row, side by side.
    fn rows(&mut self, lines: &Lines<'_>, range: std::ops::Range<usize>, nodes: &[Option<usize>]) {
        let top = self.y + PADDING;
        for ((cell, place), node) in lines.cells.iter().zip(lines.columns).zip(nodes) {
            self.y = top;
            for line in cell.get(range.start..range.end.min(cell.len())).unwrap_or_default() {
                self.line(*node, line, (place.x, place.width, place.number), lines.size, lines.bold);
            }
        }
        self.y = top - PADDING + lines.height(range.len());
    }

    fn lines_of<'a>(&self, texts: &[&str], columns: &'a [Place], bold: bool) -> Lines<'a> {
        let face = self.faces.of(bold);
        let text = |index: usize| texts.get(index).copied().unwrap_or_default();
        let cells = columns
            .iter()
            .enumerate()
            .map(|(index, place)| cell(face, text(index), *place, CELL_TEXT_SIZE))
            .collect();
        Lines { cells, columns, size: CELL_TEXT_SIZE, bold }
    }

    fn rule(&mut self, weight: f32) {
        let y = self.y;
        self.mark(None, Mark::Rule { y, weight });
    }

    fn footers(&mut self, footer: &str) {
        let face = &self.faces.regular;
        let count = self.plan.pages.len();
        let y = PAGE_SIZE.1 - 36.0;
        for (index, page) in self.plan.pages.iter_mut().enumerate() {
            let number = face.lines(&format!("{} / {count}", index + 1), f32::INFINITY);
            let text = face.lines(footer, (CONTENT_WIDTH - 60.0) / CELL_TEXT_SIZE);
            for (line, is_number) in [(text.first(), false), (number.first(), true)] {
                let Some(line) = line.cloned() else { continue };
                let x = if is_number {
                    MARGIN + CONTENT_WIDTH - face.shape(&line).width * CELL_TEXT_SIZE
                } else {
                    MARGIN
                };
                page.push(Mark::Text { x, y, size: CELL_TEXT_SIZE, bold: false, line, tagged: false });
            }
        }
    }
}

/// A text in the lines of a column; nothing is a dash, so that the cell is there for those who hear it.
fn cell(face: &Face, text: &str, place: Place, size: f32) -> Vec<Line> {
    let text = if text.trim().is_empty() { "—" } else { text };
    face.lines(text, place.width / size)
}

/// Columns side by side: those that need more than their share of the width have it, and the others share the rest.
fn places(columns: &[(u16, bool)], needed: &[f32]) -> Vec<Place> {
    let mut fixed: Vec<Option<f32>> = vec![None; columns.len()];
    let (mut rest, mut whole) =
        (CONTENT_WIDTH, columns.iter().map(|(share, _)| f32::from(*share)).sum::<f32>());
    // What one takes makes the others' shares smaller, so that some of them need more in turn.
    for _ in columns {
        let mut changed = false;
        for (index, (share, _)) in columns.iter().enumerate() {
            let need = needed.get(index).copied().unwrap_or(0.0) + GUTTER;
            let has = rest * f32::from(*share) / whole.max(1.0);
            if fixed[index].is_none()
                && need > GUTTER
                && need > has
                && rest - need > CONTENT_WIDTH * MIN_TEXT_SHARE
            {
                fixed[index] = Some(need);
                (rest, whole, changed) = (rest - need, whole - f32::from(*share), true);
            }
        }
        if !changed {
            break;
        }
    }
    let mut x = MARGIN;
    let place = |((share, number), fixed): (&(u16, bool), &Option<f32>)| {
        let width = fixed.unwrap_or(rest * f32::from(*share) / whole.max(1.0));
        let place = Place { x, width: width - GUTTER, number: *number };
        x += width;
        place
    };
    columns.iter().zip(&fixed).map(place).collect()
}
