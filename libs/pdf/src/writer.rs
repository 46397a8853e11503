//! A plan as a PDF file, checked against PDF/UA-1 while it is written.

use crate::{
    Document, PdfError,
    layout::{Child, Mark, Node, PAGE_SIZE, Plan, Role},
    text::{Faces, Line},
};
use krilla::{
    SerializeSettings,
    color::rgb,
    configure::{Accessibility, ConfigurationBuilder},
    destination::XyzDestination,
    geom::{PathBuilder, Point, Rect},
    metadata::{DateTime, Metadata},
    num::NormalizedF32,
    outline::{Outline, OutlineNode},
    page::PageSettings,
    paint::Fill,
    surface::Surface,
    tagging::{
        Artifact, ArtifactType, ContentTag, Identifier, SpanTag, TableHeaderScope, Tag, TagGroup, TagKind,
        TagTree,
    },
};
use std::num::NonZeroU16;

/// Red, green and blue of the text, and of what is only decoration.
const INK: [u8; 3] = [24, 32, 42];
const GREY: [u8; 3] = [110, 120, 130];

pub(crate) fn write(document: &Document, faces: &Faces, plan: &Plan) -> Result<Vec<u8>, PdfError> {
    let refused = |error: &dyn std::fmt::Debug| PdfError::Pdf(format!("{error:?}"));
    let configuration = ConfigurationBuilder::new().with_accessibility_validator(Accessibility::UA1).finish();
    let configuration = configuration.map_err(|error| refused(&error))?;
    let mut pdf =
        krilla::Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let (year, month, day) = document.date;
    pdf.set_metadata(
        Metadata::new()
            .title(document.title.clone())
            .language(document.language.clone())
            .authors(vec![document.author.clone()])
            .creator("Passerelle".to_owned())
            .creation_date(DateTime::new(year).month(month).day(day)),
    );
    let mut places = Vec::with_capacity(plan.pages.len());
    for marks in &plan.pages {
        let settings = PageSettings::from_wh(PAGE_SIZE.0, PAGE_SIZE.1)
            .ok_or_else(|| PdfError::Pdf("page size".to_owned()))?;
        let mut page = pdf.start_page_with(settings);
        let mut surface = page.surface();
        places.push(marks.iter().map(|mark| draw(&mut surface, faces, mark)).collect::<Vec<_>>());
        surface.finish();
        page.finish();
    }
    let mut outline = Outline::new();
    for heading in &plan.headings {
        let place = XyzDestination::new(heading.page, Point::from_xy(0.0, heading.y));
        outline.push_child(OutlineNode::new(heading.text.clone(), place));
    }
    pdf.set_outline(outline);
    let mut tree = TagTree::new().with_lang(Some(document.language.clone()));
    for root in plan.roots.iter().filter_map(|root| plan.nodes.get(*root)) {
        tree.push(group(plan, root, &places));
    }
    pdf.set_tag_tree(tree);
    pdf.finish().map_err(|error| refused(&error))
}

/// Draws a mark; where it is part of the document, says which content it is.
fn draw(surface: &mut Surface<'_>, faces: &Faces, mark: &Mark) -> Option<Identifier> {
    match mark {
        Mark::Text { x, y, size, bold, line, tagged } => {
            let shaped = faces.of(*bold).shape(line);
            let tag = match tagged {
                true => ContentTag::Span(SpanTag::empty()),
                false => ContentTag::Artifact(Artifact::with_kind(ArtifactType::PaginationOther)),
            };
            let identifier = surface.start_tagged(tag);
            surface.set_fill(Some(fill(if *tagged { INK } else { GREY })));
            let Line { text, .. } = line;
            let font = faces.of(*bold).font.clone();
            surface.draw_glyphs(Point::from_xy(*x, *y), &shaped.glyphs, font, text, *size, false);
            surface.end_tagged();
            tagged.then_some(identifier)
        }
        Mark::Rule { y, weight } => {
            surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
            surface.set_fill(Some(fill(GREY)));
            let mut path = PathBuilder::new();
            if let Some(rect) =
                Rect::from_xywh(crate::layout::MARGIN, *y, crate::layout::CONTENT_WIDTH, *weight)
            {
                path.push_rect(rect);
            }
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
            surface.end_tagged();
            None
        }
    }
}

fn fill([red, green, blue]: [u8; 3]) -> Fill {
    Fill {
        paint: rgb::Color::new(red, green, blue).into(),
        opacity: NormalizedF32::ONE,
        rule: krilla::paint::FillRule::default(),
    }
}

/// A part of the document with all that is in it.
fn group(plan: &Plan, node: &Node, places: &[Vec<Option<Identifier>>]) -> TagGroup {
    let tag: TagKind = match node.role {
        Role::Heading(level) => {
            Tag::Hn(NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN), node.title.clone()).into()
        }
        Role::Paragraph => Tag::P.into(),
        Role::Table => Tag::Table.into(),
        Role::Caption => Tag::Caption.into(),
        Role::Head => Tag::THead.into(),
        Role::Body => Tag::TBody.into(),
        Role::Row => Tag::TR.into(),
        Role::ColumnHeading => Tag::TH(TableHeaderScope::Column).into(),
        Role::RowHeading => Tag::TH(TableHeaderScope::Row).into(),
        Role::Cell => Tag::TD.into(),
    };
    let mut group = TagGroup::new(tag);
    for child in &node.children {
        match child {
            Child::Node(node) => {
                if let Some(node) = plan.nodes.get(*node) {
                    group.push(self::group(plan, node, places));
                }
            }
            Child::Mark(page, mark) => {
                if let Some(Some(identifier)) = places.get(*page).and_then(|page| page.get(*mark)) {
                    group.push(*identifier);
                }
            }
        }
    }
    group
}
