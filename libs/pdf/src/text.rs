//! Texts as glyphs: shaping, both directions, lines.

use crate::PdfError;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, UnicodeBuffer};
use unicode_bidi::{BidiInfo, Level};

/// The substitute for a missing glyph (DejaVu has this one).
const REPLACEMENT: char = '\u{fffd}';

/// The two weights of the font: DejaVu Sans Condensed, for Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew, Arabic.
pub(crate) struct Faces {
    pub(crate) regular: Face,
    pub(crate) bold: Face,
}

/// A font to shape with and to embed.
pub(crate) struct Face {
    shaper: rustybuzz::Face<'static>,
    pub(crate) font: Font,
    replacement: u32,
}

/// A line of text as it is read, and the direction of the paragraph it is from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) text: String,
    level: Level,
}

/// Glyphs in the order they are drawn from the left, and what they say.
pub(crate) struct Shaped {
    pub(crate) glyphs: Vec<KrillaGlyph>,
    /// In parts of the font's size.
    pub(crate) width: f32,
    /// How much of it the spaces at the end take.
    pub(crate) blank: f32,
    /// Whether a glyph was missing.
    pub(crate) is_missing: bool,
}

impl Faces {
    pub(crate) fn new() -> Result<Self, PdfError> {
        let face = |bytes: &'static [u8]| {
            let shaper = rustybuzz::Face::from_slice(bytes, 0)?;
            let replacement = u32::from(shaper.glyph_index(REPLACEMENT)?.0);
            Some(Face { shaper, font: Font::new(bytes.into(), 0)?, replacement })
        };
        let regular = face(dejavu::sans_condensed::regular()).ok_or(PdfError::Font)?;
        let bold = face(dejavu::sans_condensed::bold()).ok_or(PdfError::Font)?;
        Ok(Self { regular, bold })
    }

    pub(crate) fn of(&self, bold: bool) -> &Face {
        if bold { &self.bold } else { &self.regular }
    }
}

impl Face {
    #[expect(clippy::cast_precision_loss, reason = "font units are small")]
    fn scaled(&self, units: i32) -> f32 {
        units as f32 / self.shaper.units_per_em() as f32
    }

    /// A line as glyphs.
    pub(crate) fn shape(&self, line: &Line) -> Shaped {
        let text = line.text.as_str();
        let bidi = BidiInfo::new(text, Some(line.level));
        let mut shaped =
            Shaped { glyphs: Vec::new(), width: 0.0, blank: 0.0, is_missing: text.contains(REPLACEMENT) };
        for paragraph in &bidi.paragraphs {
            let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
            for run in runs {
                let leftward = levels.get(run.start).is_some_and(Level::is_rtl);
                self.push_run(text, run, leftward, &mut shaped);
            }
        }
        let end = text.trim_end().len();
        for glyph in &shaped.glyphs {
            shaped.width += glyph.x_advance;
            shaped.blank += if glyph.text_range.start >= end { glyph.x_advance } else { 0.0 };
        }
        shaped
    }

    fn push_run(&self, text: &str, run: std::ops::Range<usize>, leftward: bool, shaped: &mut Shaped) {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text.get(run.clone()).unwrap_or_default());
        buffer.guess_segment_properties();
        buffer.set_direction(if leftward { Direction::RightToLeft } else { Direction::LeftToRight });
        let output = rustybuzz::shape(&self.shaper, &[], buffer);
        let mut starts: Vec<usize> = output.glyph_infos().iter().map(|info| info.cluster as usize).collect();
        starts.sort_unstable();
        for (info, at) in output.glyph_infos().iter().zip(output.glyph_positions()) {
            let start = info.cluster as usize;
            let next = starts.partition_point(|other| *other <= start);
            let end = starts.get(next).copied().unwrap_or(run.len());
            let (mut id, mut advance) = (info.glyph_id, at.x_advance);
            if id == 0 {
                shaped.is_missing = true;
                id = self.replacement;
                let glyph = rustybuzz::ttf_parser::GlyphId(u16::try_from(id).unwrap_or_default());
                advance = i32::from(self.shaper.glyph_hor_advance(glyph).unwrap_or_default());
            }
            shaped.glyphs.push(KrillaGlyph::new(
                GlyphId::new(id),
                self.scaled(advance),
                self.scaled(at.x_offset),
                self.scaled(at.y_offset),
                self.scaled(at.y_advance),
                run.start + start..run.start + end,
                None,
            ));
        }
    }

    /// A text in lines that are not wider than `width`, in parts of the font's size. It is broken after spaces; a word
    /// that is wider itself, between characters.
    pub(crate) fn lines(&self, text: &str, width: f32) -> Vec<Line> {
        let text = cleaned(text);
        let bidi = BidiInfo::new(&text, None);
        let level = bidi.paragraphs.first().map_or(Level::ltr(), |paragraph| paragraph.level);
        let line = |text: &str| Line { text: text.to_owned(), level };
        let (mut lines, mut start, mut used, mut at) = (Vec::new(), 0, 0.0, 0);
        for word in text.split_inclusive(' ') {
            let bare = self.shape(&line(word.trim_end())).width;
            if used + bare > width && at > start {
                lines.push(line(&text[start..at]));
                (start, used) = (at, 0.0);
            }
            if bare > width {
                for (offset, advance) in self.clusters(&line(word)) {
                    if used + advance > width && at + offset > start {
                        lines.push(line(&text[start..at + offset]));
                        (start, used) = (at + offset, 0.0);
                    }
                    used += advance;
                }
            } else {
                used += self.shape(&line(word)).width;
            }
            at += word.len();
        }
        lines.push(line(&text[start..]));
        lines
    }

    /// Where the characters of a word begin, in the order they are read, and how wide they are: never inside of what is
    /// drawn as one.
    fn clusters(&self, line: &Line) -> Vec<(usize, f32)> {
        let mut found: Vec<(usize, f32)> =
            self.shape(line).glyphs.iter().map(|glyph| (glyph.text_range.start, glyph.x_advance)).collect();
        found.sort_by_key(|(start, _)| *start);
        found.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                earlier.1 += later.1;
            }
            same
        });
        found
    }
}

/// A text of one paragraph without what PDF cannot say: control characters are spaces; private and no characters are
/// replaced.
fn cleaned(text: &str) -> String {
    let clean = |c: char| match u32::from(c) {
        _ if c.is_control() || c == '\u{2028}' || c == '\u{2029}' => ' ',
        0xFEFF | 0xE000..=0xF8FF | 0xFDD0..=0xFDEF | 0xF_0000.. => REPLACEMENT,
        code if code & 0xFFFE == 0xFFFE => REPLACEMENT,
        _ => c,
    };
    text.chars().map(clean).collect()
}
