//! Donors that may be one and the same, with the reasons.

use super::donor::{
    names::{likeness, match_key},
    search::{MAX_CANDIDATES, having, meant},
    store::{self, Column, Entity, Model, is_of},
};
use ::store::{StoreError, TenantScope};
use actix_web::{HttpRequest, get, web::Data};
use auth::{Caller, perm};
use kernel::{
    DonorId, DonorType, Problem,
    country::Country,
    text::{search_key, words},
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::Expr};
use serde::{Deserialize, Serialize};
use service::{ApiResult, Context, Id, openapi::ReadProblems, response};
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::LazyLock,
};
use utoipa::ToSchema;

/// From so much likeness on two donors may be one.
const LIKE_ENOUGH: u32 = 70;
/// The lowest score at which two donors are said to be alike.
const MIN_SCORE: u32 = 50;
/// Points for the same type, or against another one.
const TYPE_POINTS: i32 = 10;
/// Points for names of which each is that of the same country in some language.
const COUNTRY_NAME_POINTS: i32 = 80;
/// How many first letters two words share at least, to be called alike by them.
const MIN_BEGINNING: usize = 4;

/// A possible duplicate of a donor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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

/// In a cell of a table: `Norway, Government of (90, 0199a1b2-…)`.
impl fmt::Display for Candidate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({}, {})", self.name, self.score, self.donor_id)
    }
}

/// A reason for the score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct DuplicateReason {
    /// `name`, `other_name`, `country_name` (both are called after the same country, in whatever language), `beginning`
    /// (the names are one word each, with the same first letters), `iati_identifier`, `country`, `type`, `other_country` or
    /// `other_type`.
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
    let called = country_named(one).filter(|country| country_named(other) == Some(*country));
    if best >= LIKE_ENOUGH {
        // Eight tenths of the score are the name's.
        let points = i32::try_from(best * 8 / 10).unwrap_or(0);
        add(if own >= best { "name" } else { "other_name" }, points);
    } else if called.is_some() {
        add("country_name", COUNTRY_NAME_POINTS);
    } else if let Some(points) = beginning(&one.match_key, &other.match_key) {
        add("beginning", points);
    } else {
        return reasons;
    }
    match (&one.country, &other.country) {
        (Some(a), Some(b)) if a == b => add("country", 10),
        (Some(_), Some(_)) => add("other_country", -30),
        _ => {}
    }
    if one.donor_type == other.donor_type {
        add("type", TYPE_POINTS)
    } else {
        add("other_type", -TYPE_POINTS)
    }
    reasons
}

/// Countries by what their names in three languages say without common words.
static BY_NAME: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let countries = kernel::country::all().iter();
    countries.flat_map(|country| names_of(country).map(|name| (name, country.iso3.as_str()))).collect()
});

fn names_of(country: &Country) -> [String; 3] {
    ["en", "fr", "es"].map(|language| match_key(&search_key(country.name(language))))
}

/// The country after which a donor is called, with nothing but common words beside it: "Norvège", "Norway, Government of".
fn country_named(donor: &Model) -> Option<&'static str> {
    BY_NAME.get(&donor.match_key).copied()
}

/// Points for two names of one telling word each that begin alike, as "Norwegen" and "Norway" do.
fn beginning(one: &str, other: &str) -> Option<i32> {
    if one.contains(' ') || other.contains(' ') {
        return None;
    }
    let shared = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let letters = one.chars().count() + other.chars().count();
    if shared < MIN_BEGINNING || shared * 4 < letters {
        return None;
    }
    i32::try_from(160 * shared / letters).ok()
}

/// Lists possible duplicates of a donor
///
/// Compared by name (ignoring accents, word order, common words and typing errors, and by the country that both are called
/// after), country, type and identifiers, with the points for each. The decision is left to headquarters.
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
        let items = nearest(scope, db, &donor, 20).await?;
        response::record(&request, donor.version, &Candidates { items })
    })
    .await
}

/// The donors most like one, which need not be in the registry: highest score first.
pub(crate) async fn nearest(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    donor: &Model,
    most: usize,
) -> Result<Vec<Candidate>, StoreError> {
    let found = near(scope, db, donor).await?.into_values();
    let compared = found.map(|other| (reasons(donor, &other), other));
    Ok(best(compared, MIN_SCORE, most))
}

/// The same for one whose type is not known: there are no points for it or against it.
pub(crate) async fn nearest_of_any_type(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    donor: &Model,
    most: usize,
) -> Result<Vec<Candidate>, StoreError> {
    let found = near(scope, db, donor).await?.into_values();
    let compared = found.map(|other| (of_any_type(reasons(donor, &other)), other));
    Ok(best(compared, MIN_SCORE - TYPE_POINTS.unsigned_abs(), most))
}

/// Reasons without those of the type.
fn of_any_type(mut reasons: Vec<DuplicateReason>) -> Vec<DuplicateReason> {
    reasons.retain(|reason| !["type", "other_type"].contains(&reason.reason.as_str()));
    reasons
}

/// Those of at least `min_score`, highest score first.
fn best(
    compared: impl Iterator<Item = (Vec<DuplicateReason>, Model)>,
    min_score: u32,
    most: usize,
) -> Vec<Candidate> {
    let scored = compared.filter_map(|(reasons, other)| {
        let score = reasons.iter().map(|reason| reason.points).sum::<i32>().clamp(0, 100);
        let score = u32::try_from(score).unwrap_or(0);
        (score >= min_score).then_some(Candidate {
            donor_id: other.id,
            name: other.name,
            donor_type: other.donor_type,
            country: other.country,
            score,
            reasons,
        })
    });
    let mut items: Vec<Candidate> = scored.collect();
    items.sort_by(|a, b| (b.score, &a.name, a.donor_id).cmp(&(a.score, &b.name, b.donor_id)));
    items.truncate(most);
    items
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
    if let Some(country) = country_named(donor).and_then(kernel::country::by_iso3) {
        take(by_index().filter(Column::MatchKey.is_in(names_of(country))).all(db).await?);
    }
    let organisation_id = scope.organisation_id();
    let telling = match_key(&donor.search);
    // A name of one word: others may begin like it.
    if !telling.contains(' ') && telling.chars().count() > MIN_BEGINNING {
        let beginning: String = telling.chars().take(MIN_BEGINNING).collect();
        let meant = meant(db, organisation_id, &beginning).await?;
        if !meant.is_empty() {
            take(having(others(is_of(organisation_id)), scope, &[meant]).all(db).await?);
        }
    }
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
            liaison_office_id: None,
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
    fn a_country_in_another_language_and_a_word_that_begins_alike_count() {
        let norway = donor("Norway, Government of", "NOR");
        let mut french = donor("Norvège", "NOR");
        french.country = None;
        let mut german = donor("Norwegen", "NOR");
        german.country = None;
        let told = |one: &Model| -> Vec<(String, i32)> {
            let reasons = reasons(one, &norway).into_iter();
            reasons.map(|reason| (reason.reason, reason.points)).collect()
        };
        let pair = |reason: &str, points| (reason.to_owned(), points);
        assert_eq!(told(&french), [pair("country_name", 80), pair("type", 10)]);
        assert_eq!(told(&german), [pair("beginning", 45), pair("type", 10)]);
        let untyped = [(of_any_type(reasons(&german, &norway)), norway.clone())];
        let untyped = best(untyped.into_iter(), MIN_SCORE - TYPE_POINTS.unsigned_abs(), 3);
        assert_eq!((untyped[0].score, untyped[0].reasons.len()), (45, 1), "its type is not known");
        for name in ["Nouveau Fonds", "Norwegian Refugee Council", "Norfolk", "Noruega y Suecia"] {
            assert_eq!(reasons(&donor(name, "NOR"), &norway), [], "{name}");
        }
        let (sudan, south) = (donor("Soudan", "SDN"), donor("South Sudan, Government of", "SSD"));
        assert!(score(&sudan, &south) < 50, "{:?}", reasons(&sudan, &south));
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
