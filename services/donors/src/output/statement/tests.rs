use super::*;
use kernel::{ContributionId, OfficeId, OrganisationId};
use locale::Language;
use proptest::prelude::*;

fn contribution(status: &str, minor: i64, currency: Option<&str>, usd: i64) -> contribution::store::Model {
    let place = (OrganisationId::nil(), OfficeId::nil());
    contribution::store::Model {
        original_amount: currency.map(|_| minor),
        original_currency: currency.map(str::to_owned),
        ..contribution::store::Model::blank(
            ContributionId::nil(),
            place,
            status.parse().unwrap(),
            usd,
            DateTime::UNIX_EPOCH,
        )
    }
}

#[test]
fn sums_are_exact_currency_by_currency() {
    let rows = [
        contribution("paid", 100, Some("NOK"), 10),
        contribution("paid", 5, Some("JPY"), 3),
        contribution("paid", 250, Some("NOK"), 25),
        contribution("paid", 0, None, 7),
    ];
    let sums = Sums::of(rows.iter()).unwrap();
    assert_eq!((sums.records, sums.usd), (4, 45));
    assert_eq!(sums.original, BTreeMap::from([("JPY", 5), ("NOK", 350)]));
    let most = [contribution("paid", 1, None, i64::MAX), contribution("paid", 1, None, 1)];
    assert_eq!(Sums::of(most.iter()), Err(MoneyError::TooLarge("USD")));
}

proptest! {
    #[test]
    fn no_cent_is_lost_or_counted_twice(amounts in prop::collection::vec((-1_000_000i64..1_000_000, 0usize..3), 0..60)) {
        let codes = ["USD", "NOK", "KWD"];
        let rows: Vec<_> =
            amounts.iter().map(|(minor, at)| contribution("paid", *minor, Some(codes[*at]), *minor)).collect();
        let sums = Sums::of(rows.iter()).unwrap();
        prop_assert_eq!(sums.usd, amounts.iter().map(|(minor, _)| minor).sum::<i64>());
        prop_assert_eq!(sums.original.values().sum::<i64>(), sums.usd);
        prop_assert_eq!(sums.records, amounts.len());
    }
}

#[test]
fn every_text_is_there_in_every_language() {
    for &language in Language::ALL {
        let (code, texts) = (language.as_str(), texts::texts(language));
        for (text, field) in [
            (texts.title, "{donor}"),
            (texts.title, "{period}"),
            (texts.footer, "{day}"),
            (texts.covers_office, "{office}"),
        ] {
            assert!(text.contains(field), "{code}: {text}");
        }
        for &category in kernel::Earmarking::ALL {
            assert_ne!(texts.earmarked(Some(category)), texts.earmarked(None));
        }
    }
}
