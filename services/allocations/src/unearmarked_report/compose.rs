//! A report as a document, in a language.

use super::{
    compose_tables::Tables,
    figures::AnnualUseFigures,
    number::{number, percent},
    store,
    texts::UnearmarkedReportTexts,
    words::words,
};
use ::store::StoreError;
use chrono::Datelike;
use locale::Language;
use pdf::{Block, Document};

/// Everything that the document tells.
pub(super) struct Told<'a> {
    pub(super) organisation: String,
    pub(super) row: &'a store::Model,
    pub(super) figures: &'a AnnualUseFigures,
    /// SHA-256 of the figures, once they are published.
    pub(super) sha256: Option<&'a str>,
}

/// A text of several lines, a paragraph each.
fn paragraphs(text: &str) -> impl Iterator<Item = Block> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| Block::Paragraph(line.to_owned()))
}

/// The document.
///
/// # Errors
/// [`StoreError::Document`] when the row cannot be read.
pub(super) fn document(told: &Told<'_>, language: Language) -> Result<Document, StoreError> {
    let (words, figures) = (words(language), told.figures);
    let texts = told.row.texts()?;
    let tables = Tables { words, language, figures };
    let mut blocks = vec![Block::Facts(facts(told, language))];
    if let Some(foreword) = texts.foreword.in_language(language.as_str()) {
        blocks.push(Block::Heading(words.foreword.to_owned()));
        blocks.extend(paragraphs(foreword));
    }
    let mut section = |heading: &str, parts: Vec<Block>| {
        blocks.push(Block::Heading(heading.to_owned()));
        if parts.is_empty() {
            blocks.push(Block::Paragraph(words.none.to_owned()));
        }
        blocks.extend(parts);
    };
    section(words.income, vec![Block::Paragraph(words.income_about.to_owned()), tables.income()]);
    section(
        words.received,
        [Block::Paragraph(words.received_about.to_owned())].into_iter().chain(tables.received()).collect(),
    );
    section(words.decided, tables.decided());
    section(words.where_to, tables.where_to());
    section(words.donor_region, tables.donor_region().into_iter().collect());
    section(words.donor_category, tables.donor_category().into_iter().collect());
    section(words.redeployed, tables.redeployed().into_iter().collect());
    section(words.unspent, vec![tables.unspent()]);
    section(words.shortfalls, tables.shortfalls().into_iter().collect());
    section(words.results, tables.results().into_iter().collect());
    section(words.stories, stories(&texts, language));
    section(words.annex, tables.annex());
    let year = figures.year.to_string();
    let fill = |text: &str| text.replace("{year}", &year).replace("{organisation}", &told.organisation);
    let part = |number: u32| u8::try_from(number).unwrap_or(1);
    let on = figures.until;
    Ok(Document {
        title: fill(words.title),
        language: language.to_string(),
        author: told.organisation.clone(),
        footer: fill(words.footer),
        date: (u16::try_from(on.year()).unwrap_or_default(), part(on.month()), part(on.day())),
        missing: words.missing.to_owned(),
        blocks,
    })
}

fn stories(texts: &UnearmarkedReportTexts, language: Language) -> Vec<Block> {
    let mut blocks = Vec::new();
    for story in &texts.stories {
        let title = story.title.in_language(language.as_str());
        blocks.extend(title.map(|title| Block::Heading(title.to_owned())));
        blocks.extend(story.text.in_language(language.as_str()).into_iter().flat_map(paragraphs));
    }
    blocks
}

fn facts(told: &Told<'_>, language: Language) -> Vec<(String, String)> {
    let (words, figures) = (words(language), told.figures);
    let dollars = |money: kernel::Money| format!("USD\u{a0}{}", number(language, &money.to_string()));
    let committee = &figures.committee;
    let translated = match language {
        Language::English => None,
        Language::French => committee.name_fr.as_deref(),
        Language::Spanish => committee.name_es.as_deref(),
    };
    let name = translated.or(committee.name.as_deref()).unwrap_or_default();
    let state = match told.row.published_at {
        Some(at) => words.published.replace("{day}", &language.date(at.date_naive())),
        None => words.draft.to_owned(),
    };
    let share = figures.income.last().and_then(|income| income.share.as_deref());
    let mut facts = vec![
        (words.organisation, told.organisation.clone()),
        (words.committee, name.to_owned()),
        (words.state, state),
        (words.until, language.date(figures.until)),
        (words.allocated, dollars(figures.allocated)),
        (words.withdrawn_in_year, dollars(figures.withdrawn)),
        (words.free_share, percent(language, share)),
    ];
    facts.extend(told.sha256.map(|hash| ("SHA-256", hash.to_owned())));
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
