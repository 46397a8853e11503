//! The ranking of a window: who is above the cut, which is where the envelope ends.

use kernel::ProposalId;
use std::collections::BTreeMap;

/// A proposal as it is ranked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) id: ProposalId,
    pub(crate) reference: String,
    /// Hundredths of a point; none when nobody has scored it.
    pub(crate) points: Option<i32>,
    /// US cents.
    pub(crate) asked: i64,
}

/// Where a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rank {
    /// 1 for the best; proposals of the same points have the same.
    pub(crate) place: i32,
    /// Whether all that is asked for down to it fits into the envelope.
    pub(crate) is_above_cut: bool,
}

/// The ranks of the proposals that were scored: most points first, of the same points the earlier reference. The cut is before
/// the first one with which more would be asked for than the envelope has; those of the same points stand on the same side.
pub(crate) fn ranks(candidates: &[Candidate], envelope: i64) -> BTreeMap<ProposalId, Rank> {
    let mut scored: Vec<(i32, &Candidate)> =
        candidates.iter().filter_map(|candidate| Some((candidate.points?, candidate))).collect();
    scored.sort_by(|(a, one), (b, other)| b.cmp(a).then_with(|| one.reference.cmp(&other.reference)));
    let mut ranks = BTreeMap::new();
    let (mut asked, mut is_above_cut) = (0_i128, true);
    for tied in scored.chunk_by(|(a, _), (b, _)| a == b) {
        asked += tied.iter().map(|(_, candidate)| i128::from(candidate.asked)).sum::<i128>();
        is_above_cut &= asked <= i128::from(envelope);
        let place = i32::try_from(ranks.len()).unwrap_or(i32::MAX - 1) + 1;
        ranks.extend(tied.iter().map(|(_, candidate)| (candidate.id, Rank { place, is_above_cut })));
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(number: u128, points: Option<i32>, asked: i64) -> Candidate {
        let reference = format!("MIR-2026-{number:05}");
        Candidate { id: ProposalId::from_u128(number), reference, points, asked }
    }

    fn of(candidates: &[Candidate], envelope: i64) -> Vec<(u128, i32, bool)> {
        let ranks = ranks(candidates, envelope);
        ranks.iter().map(|(id, rank)| (id.as_u128(), rank.place, rank.is_above_cut)).collect()
    }

    #[test]
    fn the_cut_is_where_the_envelope_ends() {
        let candidates = [
            candidate(1, Some(7_400), 500),
            candidate(2, Some(8_650), 600),
            candidate(3, Some(8_300), 400),
            candidate(4, None, 1),
            candidate(5, Some(6_000), 1),
        ];
        let expected = [(1, 3, false), (2, 1, true), (3, 2, true), (5, 4, false)];
        assert_eq!(
            of(&candidates, 1_499),
            expected,
            "what is below the first that does not fit is below the cut"
        );
        assert_eq!(of(&candidates, 1_501), [(1, 3, true), (2, 1, true), (3, 2, true), (5, 4, true)]);
        assert!(of(&[], 1).is_empty());
    }

    #[test]
    fn proposals_of_the_same_points_share_their_place() {
        let candidates =
            [candidate(1, Some(70), 600), candidate(2, Some(70), 500), candidate(3, Some(60), 1)];
        assert_eq!(of(&candidates, 1_000), [(1, 1, false), (2, 1, false), (3, 3, false)]);
        assert_eq!(of(&candidates, 1_100), [(1, 1, true), (2, 1, true), (3, 3, false)]);
    }
}
