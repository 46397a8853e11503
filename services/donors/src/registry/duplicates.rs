//! Donors that may be one and the same, with the reasons.

use super::donor::{
    names::{likeness, match_key},
    search::{MAX_CANDIDATES, having, meant},
    store::{self, Column, Entity, Model, is_of},
};
use ::store::{StoreError, TenantScope};
use actix_web::{HttpRequest, get, web::Data};
use auth::{Caller, perm};
use kernel::{DonorId, DonorType, Problem, text::words};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::Expr};
use serde::Serialize;
use service::{ApiResult, Context, Id, openapi::ReadProblems, response};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// From so much likeness on two donors may be one.
const LIKE_ENOUGH: u32 = 70;

/// A possible duplicate of a donor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Candidate {
    donor_id: DonorId,
    #[schema(max_length = 300)]
    name: String,
    #[serde(rename = "type")]
    donor_type: DonorType,
    #[schema(example = "NOR", max_length = 3)]
    country: Option<String>,
    /// Confidence from 0 to 100.
    #[schema(example = 92, minimum = 0, maximum = 100)]
    score: u32,
    /// The reasons, in points that add up to the score.
    #[schema(max_items = 10)]
    reasons: Vec<DuplicateReason>,
}

/// A reason for the score.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct DuplicateReason {
    /// `name`, `other_name`, `iati_identifier`, `country`, `type`, `other_country` or `other_type`.
    #[schema(example = "name", max_length = 20)]
    reason: String,
    /// Points for, or (if negative) against.
    #[schema(example = 80, minimum = -100, maximum = 100)]
    points: i32,
}

/// Possible duplicates of a donor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Candidates {
    /// Highest score first; at most 20.
    #[schema(max_items = 20)]
    items: Vec<Candidate>,
}

/// Why two records may be one donor; nothing when their names are not alike and no identifier is shared.
fn reasons(one: &Model, other: &Model) -> Vec<DuplicateReason> {
    let mut reasons = Vec::new();
    let mut add =
        |reason: &str, points: i32| reasons.push(DuplicateReason { reason: reason.to_owned(), points });
    let same = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
    if same(&one.iati_identifier, &other.iati_identifier) {
        add("iati_identifier", 100);
        return reasons;
    }
    let names = |donor: &Model| -> Vec<String> { donor.names.split(" | ").map(str::to_owned).collect() };
    let own = likeness(&one.search, &other.search);
    let (ones, others) = (names(one), names(other));
    let pairs = ones.iter().flat_map(|a| others.iter().map(move |b| likeness(a, b)));
    let best = std::cmp::max(pairs.max().unwrap_or(0), own);
    if best < LIKE_ENOUGH {
        return reasons;
    }
    // Eight tenths of the score are the name's.
    let points = i32::try_from(best * 8 / 10).unwrap_or(0);
    add(if own >= best { "name" } else { "other_name" }, points);
    match (&one.country, &other.country) {
        (Some(a), Some(b)) if a == b => add("country", 10),
        (Some(_), Some(_)) => add("other_country", -30),
        _ => {}
    }
    if one.donor_type == other.donor_type {
        add("type", 10)
    } else {
        add("other_type", -10)
    }
    reasons
}

/// Lists possible duplicates of a donor
///
/// Compared by name (ignoring accents, word order, common words and typing errors), country, type and identifiers, with
/// the points for each. The decision is left to headquarters.
#[utoipa::path(tag = "donors", params(("id" = Uuid, Path, description = "The donor")),
    security(("oauth2" = ["donors:read"])),
    responses((status = 200, description = "The candidates", body = Candidates), ReadProblems))]
#[get("/v1/donors/{id}/duplicates")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::DonorsRead>,
    context: Data<Context>,
    id: Id<DonorId>,
) -> ApiResult {
    service::read(&context, &caller.claims, async |db, scope| {
        if matches!(scope, TenantScope::Donor { .. }) {
            return Err(Problem::not_found().into());
        }
        let donor = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let mut items: Vec<Candidate> = near(scope, db, &donor)
            .await?
            .into_values()
            .filter_map(|other| {
                let reasons = reasons(&donor, &other);
                let score = reasons.iter().map(|reason| reason.points).sum::<i32>().clamp(0, 100);
                let score = u32::try_from(score).unwrap_or(0);
                (score >= 50).then_some(Candidate {
                    donor_id: other.id,
                    name: other.name,
                    donor_type: other.donor_type,
                    country: other.country,
                    score,
                    reasons,
                })
            })
            .collect();
        items.sort_by(|a, b| (b.score, &a.name).cmp(&(a.score, &b.name)));
        items.truncate(20);
        response::record(&request, donor.version, &Candidates { items })
    })
    .await
}

/// The donors that are worth a comparison: of the same telling words, of a word like one of them, or of the identifier.
async fn near(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    donor: &Model,
) -> Result<BTreeMap<DonorId, Model>, StoreError> {
    let mut found = BTreeMap::new();
    let others = |of_organisation: Expr| {
        let others = Entity::find().filter(of_organisation).filter(Column::MergedInto.is_null());
        others.filter(Column::Id.ne(donor.id)).limit(MAX_CANDIDATES)
    };
    let by_index = || others(Column::OrganisationId.eq(donor.organisation_id));
    let mut take = |rows: Vec<Model>| found.extend(rows.into_iter().map(|row| (row.id, row)));
    take(by_index().filter(Column::MatchKey.eq(donor.match_key.as_str())).all(db).await?);
    if let Some(identifier) = &donor.iati_identifier {
        take(by_index().filter(Column::IatiIdentifier.eq(identifier.as_str())).all(db).await?);
    }
    let organisation_id = scope.organisation_id();
    let telling = match_key(&donor.search);
    // The longest words tell most; two of them are enough to meet whoever shares most of the name.
    let mut telling = words(&telling);
    telling.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    for word in telling.into_iter().take(3) {
        let meant = meant(db, organisation_id, word).await?;
        if !meant.is_empty() {
            take(having(others(is_of(organisation_id)), scope, &[meant]).all(db).await?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{OfficeId, OrganisationId};

    fn donor(name: &str, country: &str) -> Model {
        Model {
            id: DonorId::nil(),
            version: 1,
            organisation_id: OrganisationId::nil(),
            office_id: OfficeId::nil(),
            name: name.to_owned(),
            name_fr: None,
            name_es: None,
            short_name: None,
            search: kernel::text::search_key(name),
            donor_type: kernel::DonorType::Government,
            iati_organisation_type: None,
            segment: None,
            country: Some(country.to_owned()),
            parent_id: None,
            iati_identifier: None,
            liaison_post: None,
            focal_point_id: None,
            status: kernel::DonorStatus::Active,
            names: String::new(),
            match_key: String::new(),
            preferences: None,
            merged_into: None,
            created_at: chrono::DateTime::UNIX_EPOCH,
            updated_at: chrono::DateTime::UNIX_EPOCH,
        }
        .searchable()
    }

    fn score(one: &Model, other: &Model) -> i32 {
        reasons(one, other).iter().map(|reason| reason.points).sum()
    }

    #[test]
    fn the_same_words_in_one_country_are_surely_one_donor() {
        let one = donor("Norway, Ministry of Foreign Affairs", "NOR");
        assert_eq!(score(&one, &donor("Ministry of Foreign Affairs of Norway", "NOR")), 100);
        assert!(score(&one, &donor("Ministry of Foreign Afairs, Norway", "NOR")) > 90);
        assert!(score(&one, &donor("Norway, Ministry of Foreign Affairs", "SWE")) < 70, "another country");
        assert_eq!(reasons(&one, &donor("Sweden, Ministry of Defence", "SWE")), []);
    }

    #[test]
    fn a_name_in_another_language_and_a_shared_identifier_count() {
        let mut german = donor("Deutschland, Auswärtiges Amt", "DEU");
        german.name_fr = Some("Allemagne, Ministère des affaires étrangères".to_owned());
        let german = german.searchable();
        let french = donor("Ministere des Affaires etrangeres, Allemagne", "DEU");
        assert_eq!(reasons(&german, &french)[0].reason, "other_name");
        let (mut a, mut b) = (donor("A", "DEU"), donor("Z", "DEU"));
        (a.iati_identifier, b.iati_identifier) = (Some("DE-1".to_owned()), Some("DE-1".to_owned()));
        assert_eq!(score(&a, &b), 100);
    }
}
