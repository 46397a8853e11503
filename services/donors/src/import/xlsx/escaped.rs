//! Characters as spreadsheets write those that XML cannot hold: `_x000D_` is a carriage return (ECMA-376 part 1, 22.9.2.19).

/// The length of one, in bytes.
const LENGTH: usize = "_x000D_".len();

/// The text with the characters that are meant. What only looks like one of them was escaped itself: `_x005F_x000D_`.
pub(super) fn unescaped(text: String) -> String {
    if !text.contains("_x") {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('_') {
        plain.push_str(before);
        match character(&rest[before.len()..]) {
            Some((character, length)) => {
                plain.push(character);
                rest = &rest[before.len() + length..];
            }
            None => {
                plain.push('_');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// The character that a text begins with the escaped form of, and the length of that; one beyond U+FFFF takes two.
fn character(text: &str) -> Option<(char, usize)> {
    let first = unit(text)?;
    if let Some(character) = char::from_u32(first.into()) {
        return Some((character, LENGTH));
    }
    let second = unit(text.get(LENGTH..)?)?;
    let character = char::decode_utf16([first, second]).next()?.ok()?;
    Some((character, 2 * LENGTH))
}

/// The UTF-16 unit that a text begins with the escaped form of.
fn unit(text: &str) -> Option<u16> {
    let (digits, rest) = text.strip_prefix("_x")?.split_at_checked(4)?;
    let is_escape = rest.starts_with('_') && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_escape.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_characters_are_read_and_what_only_looks_like_them_stays() {
        for (written, meant) in [
            ("", ""),
            ("plain _text_", "plain _text_"),
            ("one_x000D_\ntwo", "one\r\ntwo"),
            ("_x0041__x0042_", "AB"),
            ("caf_x00e9_", "café"),
            ("_x005F_x000D_", "_x000D_"),
            ("__x0041_", "_A"),
            ("_xD83D__xDE00_!", "😀!"),
            ("_xD83D_ _xDE00_", "_xD83D_ _xDE00_"),
            ("_xD83D__x0041_", "_xD83D_A"),
            ("_x12_ _x12345_ _xZZZZ_ _x+041_ _x004", "_x12_ _x12345_ _xZZZZ_ _x+041_ _x004"),
            ("_xé__x00", "_xé__x00"),
        ] {
            assert_eq!(unescaped(written.to_owned()), meant, "{written:?}");
        }
    }
}
