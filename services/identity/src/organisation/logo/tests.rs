use super::*;

fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[..], kind, content, &[0; 4]].concat()
}

fn png_of(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    [PNG.to_vec(), chunk(b"IHDR", &header), chunk(b"IDAT", &[1, 2, 3]), chunk(b"IEND", &[])].concat()
}

fn jpeg_of(width: u16, height: u16) -> Vec<u8> {
    let frame = [&[8][..], &height.to_be_bytes(), &width.to_be_bytes(), &[1, 1, 0x11, 0]].concat();
    let segment = |marker: u8, content: &[u8]| {
        let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        [&[0xff, marker][..], &length, content].concat()
    };
    let scan = segment(0xda, &[1, 1, 0, 0, 63, 0]);
    [b"\xff\xd8".to_vec(), segment(0xe0, b"JFIF\0"), segment(0xc4, &[0; 3]), segment(0xc0, &frame), scan]
        .concat()
        .into_iter()
        .chain([1, 2, 3, 0xff, 0xd9])
        .collect()
}

fn riff(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut content = b"WEBP".to_vec();
    for (kind, part) in chunks {
        content.extend_from_slice(*kind);
        content.extend_from_slice(&u32::try_from(part.len()).unwrap().to_le_bytes());
        content.extend_from_slice(part);
        content.resize(content.len().next_multiple_of(2), 0);
    }
    [b"RIFF", &u32::try_from(content.len()).unwrap().to_le_bytes()[..], &content].concat()
}

fn vp8(width: u16, height: u16) -> Vec<u8> {
    [&[0x10, 0, 0, 0x9d, 0x01, 0x2a][..], &width.to_le_bytes(), &height.to_le_bytes(), &[7; 4]].concat()
}

fn vp8l(width: u32, height: u32) -> Vec<u8> {
    let bits = (width - 1) | ((height - 1) << 14);
    [&[0x2f][..], &bits.to_le_bytes(), &[7; 4]].concat()
}

fn size(bytes: &[u8], declared: LogoType) -> Result<(i32, i32), FieldCode> {
    Image::of(bytes, declared).map(|image| (image.width, image.height)).map_err(|fault| fault.code)
}

#[test]
fn images_of_the_three_types_are_measured() {
    assert_eq!(size(&png_of(320, 80), LogoType::Png), Ok((320, 80)));
    assert_eq!(size(&png_of(2000, 2000), LogoType::Png), Ok((2000, 2000)));
    assert_eq!(size(&jpeg_of(640, 200), LogoType::Jpeg), Ok((640, 200)));
    assert_eq!(size(&riff(&[(b"VP8 ", vp8(300, 90))]), LogoType::Webp), Ok((300, 90)));
    assert_eq!(size(&riff(&[(b"VP8L", vp8l(301, 91))]), LogoType::Webp), Ok((301, 91)));
    let canvas = [&[0; 4][..], &[99, 0, 0], &[49, 0, 0]].concat();
    let extended = riff(&[(b"VP8X", canvas.clone()), (b"VP8L", vp8l(100, 50))]);
    assert_eq!(size(&extended, LogoType::Webp), Ok((100, 50)));
    assert_eq!(size(&riff(&[(b"VP8X", canvas)]), LogoType::Webp), Err(FieldCode::DamagedFile), "no pixels");
}

#[test]
fn what_only_begins_like_an_image_is_none() {
    for (bytes, declared) in [
        (png_of(10, 10), LogoType::Png),
        (jpeg_of(10, 10), LogoType::Jpeg),
        (riff(&[(b"VP8 ", vp8(10, 10))]), LogoType::Webp),
    ] {
        for length in 12..bytes.len() {
            let cut = size(&bytes[..length], declared);
            assert_eq!(cut, Err(FieldCode::DamagedFile), "{declared}: {length} of {}", bytes.len());
        }
        let more = [bytes, b"<script>alert(1)</script>".to_vec()].concat();
        assert_eq!(size(&more, declared), Err(FieldCode::DamagedFile), "{declared} with more behind it");
    }
    for text in ["", "GIF89a", "<svg xmlns='http://www.w3.org/2000/svg'/>", "%PDF-1.7", "MZ"] {
        assert_eq!(size(text.as_bytes(), LogoType::Png), Err(FieldCode::WrongFileFormat), "{text}");
    }
}

#[test]
fn another_type_than_the_one_it_came_as_and_too_many_pixels_are_refused() {
    assert_eq!(size(&png_of(10, 10), LogoType::Jpeg), Err(FieldCode::WrongFileFormat));
    for (width, height) in [(2001, 10), (10, 2001), (0, 10), (u32::MAX, 1)] {
        let refused = Image::of(&png_of(width, height), LogoType::Png).unwrap_err();
        assert_eq!(refused.code, FieldCode::WrongFileFormat);
        assert!(refused.detail.contains(&width.to_string()), "{refused:?}");
    }
    let mut depth = png_of(10, 10);
    depth[24] = 3;
    assert_eq!(size(&depth, LogoType::Png), Err(FieldCode::DamagedFile));
}

#[test]
fn no_byte_breaks_it() {
    let canvas = [&[0; 4][..], &[99, 0, 0], &[49, 0, 0]].concat();
    for (bytes, declared) in [
        (png_of(10, 10), LogoType::Png),
        (jpeg_of(10, 10), LogoType::Jpeg),
        (riff(&[(b"VP8X", canvas), (b"VP8 ", vp8(10, 10)), (b"VP8L", vp8l(10, 10))]), LogoType::Webp),
    ] {
        for (at, value) in (0..bytes.len()).flat_map(|at| [0, 1, 0x7f, 0xff].map(|value| (at, value))) {
            let mut changed = bytes.clone();
            changed[at] = value;
            for length in [at + 1, bytes.len()] {
                // Whatever it finds, it finds it within the bytes.
                if let Ok(image) = Image::of(&changed[..length], declared) {
                    assert!(image.width <= 2000 && image.height <= 2000);
                }
            }
        }
    }
}
