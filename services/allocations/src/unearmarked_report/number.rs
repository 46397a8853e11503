//! Numbers as a language writes them.

use kernel::Money;
use locale::Language;

/// What stands between thousands, and before cents.
const fn marks(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::English => (",", "."),
        Language::French => ("\u{202f}", ","),
        Language::Spanish => (".", ","),
    }
}

/// A whole number or a decimal: `1234567.5`.
pub(crate) fn number(language: Language, plain: &str) -> String {
    let (group, point) = marks(language);
    let (sign, unsigned) = plain.strip_prefix('-').map_or(("", plain), |rest| ("-", rest));
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut text = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push_str(group);
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push_str(point);
        text.push_str(fraction);
    }
    text
}

/// An amount with its cents, without its currency.
pub(crate) fn amount(language: Language, money: Money) -> String {
    number(language, &money.to_string())
}

/// A percentage.
pub(crate) fn percent(language: Language, plain: Option<&str>) -> String {
    let Some(plain) = plain else { return String::new() };
    let sign = if language == Language::English { "%" } else { "\u{a0}%" };
    format!("{}{sign}", number(language, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_and_cents_are_set_as_the_language_sets_them() {
        let money = Money::usd(123_456_789);
        assert_eq!(amount(Language::English, money), "1,234,567.89");
        assert_eq!(amount(Language::French, money), "1\u{202f}234\u{202f}567,89");
        assert_eq!(amount(Language::Spanish, Money::usd(-99_900)), "-999.00".replace('.', ","));
        assert_eq!(number(Language::Spanish, "1000"), "1.000");
        assert_eq!(percent(Language::French, Some("18.3")), "18,3\u{a0}%");
        assert_eq!(percent(Language::English, None), "");
    }
}
