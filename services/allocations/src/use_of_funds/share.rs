//! A part of some money in percent.

/// A part of a whole in percent with two decimals, half up, as pooled funds publish the shares of their donors; none of a
/// whole that is nothing.
pub(crate) fn share(part: i64, whole: i64) -> Option<String> {
    if whole <= 0 {
        return None;
    }
    let (part, whole) = (i128::from(part.max(0)), i128::from(whole));
    let hundredths = (2 * 10_000 * part + whole) / (2 * whole);
    Some(format!("{}.{:02}", hundredths / 100, hundredths % 100))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn shares_are_rounded_half_up_to_two_decimals() {
        for (part, whole, expected) in [
            (0, 1, Some("0.00")),
            (1, 20_000, Some("0.01")),
            (1, 20_001, Some("0.00")),
            (1, 3, Some("33.33")),
            (2, 3, Some("66.67")),
            (3_820_814, 10_000_000, Some("38.21")),
            (i64::MAX, i64::MAX, Some("100.00")),
            (1, 0, None),
        ] {
            assert_eq!(share(part, whole).as_deref(), expected, "{part} of {whole}");
        }
    }

    /// The shares of donors in OCHA's country-based pooled funds, as the funds publish them: each contribution as a part of
    /// all that its fund was given.
    #[test]
    fn every_share_of_a_contribution_to_a_pooled_fund_is_the_published_one() {
        let test = "every_share_of_a_contribution_to_a_pooled_fund_is_the_published_one";
        let Some(folder) = testkit::shared_data(test) else { return };
        let mut reader = csv::Reader::from_path(folder.join("cbpf/contributions.csv")).unwrap();
        let mut funds: BTreeMap<String, Vec<(i64, String)>> = BTreeMap::new();
        for row in reader.records() {
            let row = row.unwrap();
            // `17026163.50`, `1.01000`.
            let cents = row[7].replace('.', "").parse().unwrap();
            funds.entry(row[1].to_owned()).or_default().push((cents, row[8].to_owned()));
        }
        let mut equal = 0;
        for (fund, contributions) in &funds {
            let whole = contributions.iter().map(|(cents, _)| cents).sum();
            for (cents, published) in contributions {
                let found = share(*cents, whole).unwrap();
                assert_eq!(format!("{found}000"), *published, "{cents} of {whole} in fund {fund}");
                equal += 1;
            }
        }
        assert_eq!((funds.len(), equal), (37, 3_058));
    }
}
