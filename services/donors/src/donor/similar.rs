//! Donors with names like another: words with typing errors, and records that may be the same donor.

use super::{
    names::{errors, forgiven, likeness, match_key, words},
    store::{Column, Entity, Model},
};
use ::store::{Scope, StoreError, TenantTx, sql, values};
use actix_web::{HttpRequest, get, web::Data};
use auth::{Caller, perm};
use kernel::Problem;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Select, Value,
    sea_query::{Expr, ExprTrait, Query},
};
use serde::Serialize;
use service::{Answer, Context, Id, answer, openapi::ReadProblems};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;
use uuid::Uuid;

/// Donors that are compared one by one.
const MOST: u64 = 400;
/// Words that one word that was typed may stand for.
const MOST_WORDS: usize = 40;
/// From so much likeness on two donors may be one.
const LIKE_ENOUGH: u32 = 70;

/// Writes the words of a donor's names over those it had.
pub(super) async fn index(tx: &TenantTx, donor: &Model) -> Result<(), StoreError> {
    sql::execute(tx.db(), "DELETE FROM donor_word WHERE donor_id = $1", values![donor.id]).await?;
    let words = words(&donor.names);
    let words: Vec<&str> = words.into_iter().filter(|word| *word != "|").collect();
    let of_donor = words.iter().map(|word| values![donor.organisation_id, *word, donor.id]).collect();
    sql::insert_many(tx.db(), "donor_word", &["organisation_id", "word", "donor_id"], of_donor, "").await?;
    let known = words.iter().map(|word| values![donor.organisation_id, letters(word), *word]).collect();
    let columns = ["organisation_id", "letters", "word"];
    sql::insert_many(tx.db(), "known_word", &columns, known, "ON CONFLICT DO NOTHING").await?;
    Ok(())
}

fn letters(word: &str) -> i32 {
    i32::try_from(word.chars().count()).unwrap_or(i32::MAX)
}

/// The words of the registry that a word may stand for, and how many errors lie between: the fewest first.
async fn meant(
    db: &impl ConnectionTrait,
    organisation_id: Uuid,
    typed: &str,
) -> Result<Vec<(usize, String)>, StoreError> {
    let (length, most) = (letters(typed), i32::try_from(forgiven(typed)).unwrap_or(0));
    let text = "SELECT word FROM known_word WHERE organisation_id = $1 AND letters BETWEEN $2 AND $3";
    // A word that begins with what was typed may be longer.
    let longest = if length >= 3 { i32::MAX } else { length + most };
    let rows = sql::rows(db, text, values![organisation_id, length - most, longest]).await?;
    let mut found = Vec::new();
    for row in rows {
        let word: String = row.try_get_by_index(0)?;
        found.extend(errors(typed, &word).map(|errors| (errors, word)));
    }
    found.sort();
    found.truncate(MOST_WORDS);
    Ok(found)
}

/// Only donors with one of these words.
fn having(query: Select<Entity>, organisation_id: Uuid, words: &[(usize, String)]) -> Select<Entity> {
    let wanted = words.iter().map(|(_, word)| Value::from(word.as_str()));
    let mut select = Query::select();
    select
        .column("donor_id")
        .from("donor_word")
        .and_where(Expr::col("organisation_id").eq(organisation_id))
        .and_where(Expr::col("word").is_in(wanted));
    query.filter(Expr::col((Entity, Column::Id)).in_subquery(select))
}

/// The donors of a query that have, for each word that was typed, a word like it; the most like first.
pub(super) async fn search(
    scope: &Scope,
    db: &impl ConnectionTrait,
    mut query: Select<Entity>,
    typed: &str,
    limit: u64,
) -> Result<Vec<Model>, StoreError> {
    let organisation_id = scope.organisation_id().unwrap_or_default();
    let mut meanings = Vec::new();
    for word in words(typed).into_iter().take(12) {
        let meant = meant(db, organisation_id, word).await?;
        if meant.is_empty() {
            return Ok(Vec::new());
        }
        query = having(query, organisation_id, &meant);
        meanings.push(meant);
    }
    let found = query.limit(MOST).all(db).await?;
    let mut ranked: Vec<(usize, u32, String, Model)> = found
        .into_iter()
        .map(|donor| {
            let own: BTreeSet<&str> = donor.names.split(' ').collect();
            let least = |meant: &Vec<(usize, String)>| {
                let there = meant.iter().find(|(_, word)| own.contains(word.as_str()));
                there.map_or(usize::MAX / 64, |(errors, _)| *errors)
            };
            let errors = meanings.iter().map(least).sum();
            (errors, 100 - likeness(typed, &donor.search), donor.name.clone(), donor)
        })
        .collect();
    ranked.sort_by(|one, other| (one.0, one.1, &one.2).cmp(&(other.0, other.1, &other.2)));
    ranked.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(ranked.into_iter().map(|(_, _, _, donor)| donor).collect())
}

/// A donor that may be the same as another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Candidate {
    donor_id: Uuid,
    #[schema(max_length = 300)]
    name: String,
    #[serde(rename = "type")]
    #[schema(example = "government", max_length = 20)]
    donor_type: String,
    #[schema(example = "NOR", max_length = 3)]
    country: Option<String>,
    /// How sure it is, from 0 to 100.
    #[schema(example = 92, minimum = 0, maximum = 100)]
    score: u32,
    /// Why, in points that add up to the score.
    #[schema(max_items = 10)]
    reasons: Vec<Reason>,
}

/// A reason for a score.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Reason {
    /// `name`, `other_name`, `iati_identifier`, `country`, `type`, `other_country` or `other_type`.
    #[schema(example = "name", max_length = 20)]
    reason: String,
    /// Points for, or (below zero) against.
    #[schema(example = 80, minimum = -100, maximum = 100)]
    points: i32,
}

/// Donors that may be the same as one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Candidates {
    /// The surest first, at most 20.
    #[schema(max_items = 20)]
    items: Vec<Candidate>,
}

/// Why two records may be one donor; nothing when their names are not alike and no identifier is shared.
fn reasons(one: &Model, other: &Model) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut add = |reason: &str, points: i32| reasons.push(Reason { reason: reason.to_owned(), points });
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

/// Lists donors that may be the same as one
///
/// By their names (accents, word order, common words and typing errors apart), country, type and identifiers, each with its
/// points. Whoever curates the registry decides.
#[utoipa::path(tag = "donors", params(("id" = Uuid, Path, description = "The donor")),
    security(("oauth2" = ["donors:read"])),
    responses((status = 200, description = "The candidates", body = Candidates), ReadProblems))]
#[get("/v1/donors/{id}/duplicates")]
pub(crate) async fn duplicates(
    request: HttpRequest,
    caller: Caller<perm::DonorsRead>,
    context: Data<Context>,
    id: Id,
) -> Answer {
    let scope = context.scope(&caller.claims).await?;
    if matches!(scope, Scope::Donor { .. }) {
        return Err(Problem::not_found().into());
    }
    let db = context.store.read(&scope).await?;
    let donor = super::store::get(&scope, &db, id.0).await?.ok_or_else(Problem::not_found)?;
    let mut items: Vec<Candidate> = near(&scope, &db, &donor)
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
    answer::record(&request, donor.version, &Candidates { items })
}

/// The donors that are worth a comparison: of the same telling words, of a word like one of them, or of the identifier.
async fn near(
    scope: &Scope,
    db: &impl ConnectionTrait,
    donor: &Model,
) -> Result<BTreeMap<Uuid, Model>, StoreError> {
    let mut found = BTreeMap::new();
    let others = || {
        let of_organisation = Entity::find().filter(Column::OrganisationId.eq(donor.organisation_id));
        of_organisation.filter(Column::MergedInto.is_null()).filter(Column::Id.ne(donor.id)).limit(MOST)
    };
    let mut take = |rows: Vec<Model>| found.extend(rows.into_iter().map(|row| (row.id, row)));
    take(others().filter(Column::MatchKey.eq(donor.match_key.as_str())).all(db).await?);
    if let Some(identifier) = &donor.iati_identifier {
        take(others().filter(Column::IatiIdentifier.eq(identifier.as_str())).all(db).await?);
    }
    let organisation_id = scope.organisation_id().unwrap_or_default();
    let telling = match_key(&donor.search);
    // The longest words tell most; two of them are enough to meet whoever shares most of the name.
    let mut telling = words(&telling);
    telling.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    for word in telling.into_iter().take(3) {
        let meant = meant(db, organisation_id, word).await?;
        if !meant.is_empty() {
            take(having(others(), organisation_id, &meant).all(db).await?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn donor(name: &str, country: &str) -> Model {
        Model {
            id: Uuid::nil(),
            version: 1,
            organisation_id: Uuid::nil(),
            office_id: Uuid::nil(),
            name: name.to_owned(),
            name_fr: None,
            name_es: None,
            short_name: None,
            search: crate::donor::search_key(name),
            donor_type: "government".to_owned(),
            iati_organisation_type: None,
            segment: None,
            country: Some(country.to_owned()),
            parent_id: None,
            iati_identifier: None,
            liaison_post: None,
            focal_point_id: None,
            status: "active".to_owned(),
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
