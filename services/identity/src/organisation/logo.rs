//! What bytes have to be to be taken as a logo: a PNG, JPEG or WebP file that is whole, and not too large. Its frame is read,
//! never its pixels: those are for browsers, which get it with its type and may do nothing else with it.

use kernel::{Fault, FieldCode, closed_set};

/// Maximum size of a logo, in bytes.
pub(super) const MAX_BYTES: usize = 256 * 1024;
/// Maximum width and height, in pixels.
const MAX_PIXELS: u32 = 2000;

closed_set! {
    /// The type of a logo.
    pub enum LogoType {
        Png = "image/png",
        Jpeg = "image/jpeg",
        Webp = "image/webp",
    }
}

impl LogoType {
    /// The name that the file is given.
    pub(super) const fn file_name(self) -> &'static str {
        match self {
            Self::Png => "logo.png",
            Self::Jpeg => "logo.jpg",
            Self::Webp => "logo.webp",
        }
    }
}

/// An image, as far as it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Image {
    pub(super) media_type: LogoType,
    pub(super) width: i32,
    pub(super) height: i32,
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

impl Image {
    /// The image that bytes are, which came as `declared`.
    ///
    /// # Errors
    /// Why they are not taken.
    pub(super) fn of(bytes: &[u8], declared: LogoType) -> Result<Self, Fault> {
        let (media_type, size) = if bytes.starts_with(PNG) {
            (LogoType::Png, png(bytes))
        } else if bytes.starts_with(b"\xff\xd8") {
            (LogoType::Jpeg, jpeg(bytes))
        } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            (LogoType::Webp, webp(bytes))
        } else {
            return Err(not_the_expected("PNG, JPEG, WebP", "is no image of these types".to_owned()));
        };
        if media_type != declared {
            return Err(not_the_expected(declared.as_str(), format!("is {media_type}")));
        }
        let damaged =
            || FieldCode::DamagedFile.says("the image is truncated, or has more than an image in it");
        let (width, height) = size.ok_or_else(damaged)?;
        match (pixels(width), pixels(height)) {
            (Some(width), Some(height)) => Ok(Self { media_type, width, height }),
            _ => {
                let expected = format!("1–{MAX_PIXELS} × 1–{MAX_PIXELS} px");
                Err(not_the_expected(&expected, format!("is {width} × {height} pixels")))
            }
        }
    }
}

fn not_the_expected(expected: &str, detail: String) -> Fault {
    FieldCode::WrongFileFormat.says(detail).with("expected", expected)
}

fn pixels(number: u32) -> Option<i32> {
    i32::try_from(number).ok().filter(|_| (1..=MAX_PIXELS).contains(&number))
}

/// Width and height in pixels.
type Size = (u32, u32);

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?).into())
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn le24(bytes: &[u8], at: usize) -> Option<u32> {
    let part = bytes.get(at..at + 3)?;
    Some(u32::from_le_bytes([part[0], part[1], part[2], 0]))
}

/// Chunks from the header to the end mark, and nothing after it (PNG, section 5).
fn png(bytes: &[u8]) -> Option<Size> {
    let (mut at, mut size, mut has_pixels) = (PNG.len(), None, false);
    loop {
        let length = usize::try_from(be32(bytes, at)?).ok()?;
        let kind = bytes.get(at + 4..at + 8)?;
        let content = bytes.get(at + 8..at + 8 + length)?;
        // The check sum of the chunk.
        bytes.get(at + 8 + length..at + 12 + length)?;
        at += 12 + length;
        match kind {
            b"IHDR" if size.is_none() && length == 13 && is_png_header(content) => {
                size = Some((be32(content, 0)?, be32(content, 4)?));
            }
            b"IEND" => return size.filter(|_| has_pixels && length == 0 && at == bytes.len()),
            // The header comes first, and once.
            _ if size.is_none() || kind == b"IHDR" || !kind.iter().all(u8::is_ascii_alphabetic) => {
                return None;
            }
            _ => has_pixels |= kind == b"IDAT",
        }
    }
}

/// Depth and colour type that go together, and the only methods that there are (PNG, section 11.2.1).
fn is_png_header(content: &[u8]) -> bool {
    let depths: &[u8] = match content[9] {
        0 => &[1, 2, 4, 8, 16],
        3 => &[1, 2, 4, 8],
        2 | 4 | 6 => &[8, 16],
        _ => &[],
    };
    depths.contains(&content[8]) && content[10] == 0 && content[11] == 0 && content[12] <= 1
}

/// Segments up to the scan, one of which is a frame's header; at the very end the end mark (ITU T.81, annex B).
fn jpeg(bytes: &[u8]) -> Option<Size> {
    let (mut at, mut size) = (2, None);
    if !bytes.ends_with(b"\xff\xd9") {
        return None;
    }
    loop {
        let (&0xff, &marker) = (bytes.get(at)?, bytes.get(at + 1)?) else { return None };
        // A marker may have more than one of these before it.
        if marker == 0xff {
            at += 1;
            continue;
        }
        let length = usize::try_from(be16(bytes, at + 2)?).ok()?;
        let content = bytes.get(at + 4..at + 2 + length.max(2))?;
        match marker {
            // Tables for coding have numbers between those of frames.
            0xc0..=0xcf if ![0xc4, 0xc8, 0xcc].contains(&marker) => {
                size = Some((be16(content, 3)?, be16(content, 1)?));
            }
            0xda => return size,
            // Marks that stand alone have no place before the scan.
            0xd0..=0xd9 | 0x00 | 0x01 => return None,
            _ => {}
        }
        at += 2 + length.max(2);
    }
}

/// The chunks of a RIFF container, which is as long as it says (RFC 9649).
fn webp(bytes: &[u8]) -> Option<Size> {
    let length = usize::try_from(le32(bytes, 4)?).ok()?;
    if length + 8 != bytes.len() {
        return None;
    }
    let (mut at, mut canvas, mut pixels) = (12, None, None);
    while at < bytes.len() {
        let length = usize::try_from(le32(bytes, at + 4)?).ok()?;
        let content = bytes.get(at + 8..at + 8 + length)?;
        match bytes.get(at..at + 4)? {
            b"VP8X" => canvas = Some((le24(content, 4)? + 1, le24(content, 7)? + 1)),
            b"VP8 " => {
                // A key frame, which begins with its start code.
                let is_frame = content.first()? & 1 == 0 && content.get(3..6)? == b"\x9d\x01\x2a";
                let side = |at: usize| Some(le32(content, at)? & 0x3fff);
                pixels = Some((side(6)?, side(8)?)).filter(|_| is_frame);
                pixels?;
            }
            b"VP8L" => {
                let bits = le32(content, 1)?;
                let sides = ((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1);
                pixels = Some(sides).filter(|_| content[0] == 0x2f);
                pixels?;
            }
            // The frames of an animation are chunks within one.
            b"ANMF" => pixels = pixels.or(canvas),
            _ => {}
        }
        // To an even number of bytes.
        at += 8 + length + length % 2;
    }
    pixels.and(canvas.or(pixels)).filter(|_| at == bytes.len())
}

#[cfg(test)]
mod tests;
