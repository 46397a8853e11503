//! Response plans and their requirements.

pub(crate) mod api;
pub(crate) mod import;
mod new_plan;
pub(crate) mod objective;
pub(crate) mod store;
pub(crate) mod update;

use kernel::money::percent;

/// What a plan needs now: the revised requirement where there is one.
pub(crate) fn current_requirement(original: Option<i64>, revised: Option<i64>) -> Option<i64> {
    revised.or(original)
}

/// Funding over the current requirement in percent, one decimal; none ("not available") for a requirement of 0 or none.
pub(crate) fn coverage(funding: i64, requirement: Option<i64>) -> Option<String> {
    percent(funding, requirement?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_revised_requirement_counts_and_nothing_is_divided_by_zero() {
        assert_eq!(current_requirement(Some(100), Some(80)), Some(80));
        assert_eq!(current_requirement(Some(100), None), Some(100));
        assert_eq!(coverage(40, current_requirement(Some(100), Some(80))).as_deref(), Some("50.0"));
        assert_eq!(coverage(40, current_requirement(Some(100), Some(0))), None);
        assert_eq!(coverage(40, None), None);
        assert_eq!(coverage(120, Some(100)).as_deref(), Some("120.0"));
    }
}
