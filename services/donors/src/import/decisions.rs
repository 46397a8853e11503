//! What the sender decides on donors that are not in the registry: each is a new one, or one that is there.

use super::{flow::DonorRef, store::Model as Job};
use crate::registry::donor;
use ::store::{StoreError, TenantScope};
use kernel::{DonorId, DonorType, Fault, FieldCode, Problem, RecordKind, text::search_key};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// Maximum number of decisions of an import.
const MAX_DECISIONS: usize = 1000;

/// What was decided on a donor that is not in the registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DonorDecision {
    /// Its name, as the file states it.
    #[schema(example = "Norwegen", min_length = 1, max_length = 500)]
    name: String,
    /// What the source calls it; null for every donor of the name. The only decision on a name is for every donor of it,
    /// too.
    #[schema(max_length = 100)]
    reference: Option<String>,
    /// The donor of the registry that it is; null for a new one.
    donor_id: Option<DonorId>,
    /// The type of a new one, for the rows that state none: required where there are such rows.
    #[serde(rename = "type")]
    donor_type: Option<DonorType>,
}

/// That a donor is a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Accepted {
    /// The place of the decision in the list.
    place: usize,
    /// Its type, where that was said.
    pub(super) donor_type: Option<DonorType>,
}

impl Accepted {
    /// Refuses a decision without the type that a row does not state either.
    pub(super) fn without_type(self) -> Problem {
        let why = "is required: a row that names this donor states no type";
        let pointer = format!("/donor_decisions/{}/type", self.place);
        Problem::invalid_field(pointer, FieldCode::Required.says(why))
    }
}

/// What was decided on the donor that a row names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decided {
    Is(DonorId),
    New(Accepted),
}

/// Reads a JSON list of decisions.
///
/// # Errors
/// 400 when it is none, or too long.
pub(super) fn read(text: &str) -> Result<Vec<DonorDecision>, Problem> {
    let refuse = |fault: Fault| Problem::invalid_parameter("donor_decisions", fault);
    let unread = FieldCode::Malformed
        .says("is not a JSON list of objects with the name, the reference, the id and the type of a donor");
    let decisions: Vec<DonorDecision> = serde_json::from_str(text).map_err(|_| refuse(unread))?;
    if decisions.len() > MAX_DECISIONS {
        return Err(refuse(Fault::too_many(MAX_DECISIONS as u64, "entries")));
    }
    for decision in &decisions {
        let reference = decision.reference.as_deref().unwrap_or_default();
        if decision.name.chars().count() > 500 {
            return Err(refuse(Fault::too_long(500)));
        }
        if reference.chars().count() > 100 {
            return Err(refuse(Fault::too_long(100)));
        }
        if search_key(&decision.name).is_empty() {
            return Err(refuse(FieldCode::NoLetters.says("contains a name without letters and digits")));
        }
        if [decision.name.as_str(), reference].iter().any(|text| text.contains('\0')) {
            return Err(refuse(Fault::control_characters()));
        }
    }
    Ok(decisions)
}

/// Checks that the donors which decisions name are there.
///
/// # Errors
/// 400 for one that is not of the organisation.
pub(super) async fn check(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    decisions: &[DonorDecision],
) -> Result<(), auth::ApiError> {
    let ids: Vec<DonorId> = decisions.iter().filter_map(|decision| decision.donor_id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let known = donor::store::by_ids(scope, db, ids.iter().copied()).await?;
    if ids.iter().all(|id| known.contains_key(id)) {
        return Ok(());
    }
    Err(Problem::invalid_parameter("donor_decisions", Fault::unknown(RecordKind::Donor)).into())
}

/// The decisions of an import.
pub(super) fn of(job: &Job) -> Result<Vec<DonorDecision>, StoreError> {
    Ok(serde_json::from_str(&job.donor_decisions)?)
}

/// Decisions by the names that they are on, as the registry is searched for them: each name is made so once, however many
/// rows are looked up.
pub(super) struct ByName(HashMap<String, Vec<(usize, DonorDecision)>>);

impl ByName {
    pub(super) fn of(decisions: Vec<DonorDecision>) -> Self {
        let mut by_name: HashMap<String, Vec<(usize, DonorDecision)>> = HashMap::new();
        for (place, decision) in decisions.into_iter().enumerate() {
            by_name.entry(search_key(&decision.name)).or_default().push((place, decision));
        }
        Self(by_name)
    }

    /// The donors of the registry that they name.
    pub(super) fn donors(&self) -> impl Iterator<Item = DonorId> {
        self.0.values().flatten().filter_map(|(_, decision)| decision.donor_id)
    }

    /// What was said of the donor that a row names.
    pub(super) fn on(&self, donor_ref: &DonorRef) -> Option<Decided> {
        let on_name = self.0.get(&donor_ref.search())?;
        // Of two on the same, the last one is meant.
        let exact = on_name
            .iter()
            .rfind(|(_, decision)| decision.reference.is_some() && decision.reference == donor_ref.reference);
        let of_all = || on_name.iter().rfind(|(_, decision)| decision.reference.is_none());
        // A check tells a name once, with the reference of its first row: what was decided on that is meant for all of them.
        let only = || if let [only] = on_name.as_slice() { Some(only) } else { None };
        let (place, decision) = exact.or_else(of_all).or_else(only)?;
        Some(match decision.donor_id {
            Some(id) => Decided::Is(id),
            None => Decided::New(Accepted { place: *place, donor_type: decision.donor_type }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn donor_ref(name: &str, reference: Option<&str>) -> DonorRef {
        DonorRef {
            id: None,
            reference: reference.map(str::to_owned),
            name: Some(name.to_owned()),
            donor_type: None,
            unmapped_type: None,
        }
    }

    fn mapped(decisions: &ByName, name: &str, reference: Option<&str>) -> Option<DonorId> {
        match decisions.on(&donor_ref(name, reference))? {
            Decided::Is(id) => Some(id),
            Decided::New(_) => None,
        }
    }

    #[test]
    fn a_decision_is_on_a_name_or_on_what_the_source_calls_it() {
        let text = r#"[
            {"name": "Norwegen", "donor_id": "00000000-0000-0000-0000-000000000001"},
            {"name": "Norwegen", "reference": "D-2", "donor_id": "00000000-0000-0000-0000-000000000002"},
            {"name": "Nouveau Fonds", "reference": null, "donor_id": null}
        ]"#;
        let decisions = ByName::of(read(text).unwrap());
        let mapped = |name: &str, reference: Option<&str>| mapped(&decisions, name, reference);
        let id = |number| Some(DonorId::from_u128(number));
        assert_eq!(mapped("NORWEGEN", None), id(1));
        assert_eq!(mapped("Norwegen", Some("D-1")), id(1));
        assert_eq!(mapped("Norwegen", Some("D-2")), id(2));
        assert_eq!(mapped("Nouveau fonds", None), None, "a new one");
        assert_eq!(mapped("Norway", None), None);
        assert_eq!(mapped("Norwegen", Some("D-3")), id(1));
        assert_eq!(decisions.donors().count(), 2);
    }

    #[test]
    fn the_only_decision_on_a_name_is_for_whatever_the_source_calls_its_donors() {
        let of = |text: &str| ByName::of(read(text).unwrap());
        let id = Some(DonorId::from_u128(1));
        let one =
            r#"{"name": "Norwegen", "reference": "D-1", "donor_id": "00000000-0000-0000-0000-000000000001"}"#;
        let only = of(&format!("[{one}]"));
        for reference in [None, Some("D-1"), Some("D-2")] {
            assert_eq!(mapped(&only, "Norwegen", reference), id, "{reference:?}");
        }
        let two = of(&format!(r#"[{one}, {{"name": "Norwegen", "reference": "D-2", "donor_id": null}}]"#));
        assert_eq!(mapped(&two, "Norwegen", Some("D-1")), id);
        for reference in [None, Some("D-2"), Some("D-3")] {
            assert_eq!(mapped(&two, "Norwegen", reference), None, "{reference:?}");
        }
    }

    #[test]
    fn a_new_one_has_the_type_that_was_said_and_one_without_is_refused_by_its_place() {
        let text =
            r#"[{"name": "A", "donor_id": null}, {"name": "B", "donor_id": null, "type": "government"}]"#;
        let decisions = ByName::of(read(text).unwrap());
        let new = |name: &str| match decisions.on(&donor_ref(name, None)) {
            Some(Decided::New(accepted)) => accepted,
            other => panic!("{other:?}"),
        };
        assert_eq!((new("a").donor_type, new("b").donor_type), (None, Some(DonorType::Government)));
        assert_eq!(decisions.on(&donor_ref("C", None)), None, "nobody said anything of it");
        let problem = new("a").without_type();
        let error = &problem.errors[0];
        assert_eq!((problem.status, error.code), (422, FieldCode::Required));
        assert_eq!(error.pointer, "/donor_decisions/0/type");
    }

    #[test]
    fn what_is_no_list_of_decisions_is_refused() {
        let name = "x".repeat(501);
        let cases = [
            ("{}".to_owned(), FieldCode::Malformed),
            (r#"[{"name": "A", "donor": "B"}]"#.to_owned(), FieldCode::Malformed),
            (r#"[{"name": "A", "donor_id": "7"}]"#.to_owned(), FieldCode::Malformed),
            (r#"[{"name": "A", "type": "state"}]"#.to_owned(), FieldCode::Malformed),
            (r#"[{"name": "?"}]"#.to_owned(), FieldCode::NoLetters),
            (format!(r#"[{{"name": "{name}"}}]"#), FieldCode::TooLong),
            (format!("[{}]", vec![r#"{"name": "A"}"#; 1001].join(",")), FieldCode::TooMany),
        ];
        for (text, code) in cases {
            let problem = read(&text).unwrap_err();
            assert_eq!((problem.status, problem.errors[0].code), (400, code), "{code}");
            assert_eq!(problem.errors[0].pointer, "donor_decisions");
        }
    }
}
