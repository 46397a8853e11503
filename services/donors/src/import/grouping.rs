//! Numbers as spreadsheet programs show them, with signs between the thousands: read where the sender has said which sign
//! ends the whole number, so that none of them can mean anything else.

/// What French, Spanish, Nordic and Swiss programs put between thousands: blanks of every width, and apostrophes.
const BETWEEN_THOUSANDS: [char; 7] = [' ', '\u{a0}', '\u{2007}', '\u{2009}', '\u{202f}', '\'', '\u{2019}'];

/// The same number with a decimal point and nothing between its thousands; none when the text is no such number, or has
/// anything but thousands between its signs.
pub(super) fn plain(text: &str, decimal: char) -> Option<String> {
    let text = text.trim();
    let (minus, unsigned) = text.strip_prefix('-').map_or(("", text), |unsigned| ("-", unsigned));
    let (whole, fraction) = match unsigned.split_once(decimal) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let whole = ungrouped(whole)?;
    match fraction {
        Some(fraction) if is_digits(fraction) => Some(format!("{minus}{whole}.{fraction}")),
        Some(_) => None,
        None => Some(format!("{minus}{whole}")),
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn ungrouped(whole: &str) -> Option<String> {
    let Some(sign) = whole.chars().find(|sign| BETWEEN_THOUSANDS.contains(sign)) else {
        return is_digits(whole).then(|| whole.to_owned());
    };
    let mut groups = whole.split(sign);
    let first = groups.next()?;
    let fits =
        is_digits(first) && first.len() <= 3 && groups.all(|group| is_digits(group) && group.len() == 3);
    fits.then(|| whole.replace(sign, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_off_by_blanks_and_apostrophes() {
        for sign in BETWEEN_THOUSANDS {
            assert_eq!(plain(&format!("1{sign}234,50"), ',').as_deref(), Some("1234.50"), "{sign:?}");
            assert_eq!(
                plain(&format!("-12{sign}345{sign}678"), '.').as_deref(),
                Some("-12345678"),
                "{sign:?}"
            );
        }
        assert_eq!(plain(" 1234.5 ", '.').as_deref(), Some("1234.5"));
    }

    #[test]
    fn what_is_no_number_of_whole_thousands_is_none() {
        let wrong = [
            "",
            "-",
            "1 23",
            "1234 567",
            "12 34,5",
            "1 234'567",
            "1 234,",
            ",5",
            "1.234,50",
            "1,234,5",
            "1e6",
            "1_000",
            "+5",
            "1 234 ,5",
            "(5)",
        ];
        for text in wrong {
            assert_eq!(plain(text, ','), None, "{text:?}");
        }
    }
}
