//! Donors with names like another: words with typing errors, and records that may be the same donor.

use super::{
    names::{errors, forgiven, likeness, match_key},
    store::{Column, Entity, Model, is_of},
};
use ::store::{StoreError, TenantScope, Transaction, sql, values};
use actix_web::{HttpRequest, get, web::Data};
use auth::{Caller, perm};
use kernel::text::words;
use kernel::{DonorType, Problem};
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
pub(super) async fn index(tx: &Transaction, donor: &Model) -> Result<(), StoreError> {
    sql::execute(tx.db(), "DELETE FROM donor_word WHERE donor_id = $1", values![donor.id]).await?;
    add(tx, std::slice::from_ref(donor)).await
}

/// Writes the words of the names of donors that have none yet.
pub(super) async fn add(tx: &Transaction, donors: &[Model]) -> Result<(), StoreError> {
    let (mut of_donors, mut known) = (BTreeSet::new(), BTreeSet::new());
    for donor in donors {
        for word in words(&donor.names).into_iter().filter(|word| *word != "|") {
            of_donors.insert((donor.organisation_id, word, donor.id));
            known.insert((donor.organisation_id, letters(word), word));
        }
    }
    let rows = of_donors.into_iter().map(|(organisation, word, donor)| values![organisation, word, donor]);
    let columns = ["organisation_id", "word", "donor_id"];
    sql::insert_many(tx.db(), "donor_word", &columns, rows.collect(), "").await?;
    let rows = known
        .into_iter()
        .map(|(organisation, letters, word)| values![organisation, letters, shape(word), word]);
    let columns = ["organisation_id", "letters", "shape", "word"];
    sql::insert_many(tx.db(), "known_word", &columns, rows.collect(), "ON CONFLICT DO NOTHING").await?;
    Ok(())
}

fn letters(word: &str) -> i32 {
    i32::try_from(word.chars().count()).unwrap_or(i32::MAX)
}

/// The letters of a word as a set of bits: an error puts one in, takes one out, or both. So words with so many errors
/// between them differ by no more letters each way, and the database leaves out nearly all the others.
pub(crate) fn shape(word: &str) -> i64 {
    word.chars().fold(0, |shape, letter| shape | 1 << (u32::from(letter) % 61))
}

/// As SQL, whether at most one or two of these bits are set.
fn few(bits: &str, most: i32) -> String {
    let without_lowest = format!("({bits} & ({bits} - 1))");
    if most == 1 {
        format!("{without_lowest} = 0")
    } else {
        format!("({without_lowest} & ({without_lowest} - 1)) = 0")
    }
}

/// The words of the registry that a word may stand for, and how many errors lie between: the fewest first.
async fn meant(
    db: &impl ConnectionTrait,
    organisation_id: Uuid,
    typed: &str,
) -> Result<Meanings, StoreError> {
    let (length, most) = (letters(typed), i32::try_from(forgiven(typed)).unwrap_or(0));
    // A word that begins with what was typed may be longer.
    let longest = if length >= 3 { i32::MAX } else { length };
    let mut values = values![organisation_id, length - most, longest, format!("{typed}%")];
    let mut like = "word LIKE $4".to_owned();
    if most > 0 {
        values.extend(values![length + most, shape(typed)]);
        let (missing, added) = (few("($6 & ~shape)", most), few("(shape & ~$6)", most));
        like.push_str(&format!(" OR (letters <= $5 AND {missing} AND {added})"));
    }
    let text = format!(
        "SELECT word FROM known_word WHERE organisation_id = $1 AND letters BETWEEN $2 AND $3 AND ({like})"
    );
    let rows = sql::rows(db, &text, values).await?;
    let mut found = Vec::new();
    for row in rows {
        let word: String = row.try_get_by_index(0)?;
        found.extend(errors(typed, &word).map(|errors| (errors, word)));
    }
    found.sort();
    found.truncate(MOST_WORDS);
    Ok(found)
}

/// Words of the registry that stand for one that was typed, and how many errors lie between.
type Meanings = Vec<(usize, String)>;

/// Only donors with one word of each of these; the query finds them by their ids.
pub(super) fn having(query: Select<Entity>, scope: &TenantScope, wanted: &[Meanings]) -> Select<Entity> {
    let organisation_id = scope.organisation_id();
    wanted.iter().fold(query, |query, words| {
        let words = words.iter().map(|(_, word)| Value::from(word.as_str()));
        let mut select = Query::select();
        select
            .column("donor_id")
            .from("donor_word")
            .and_where(Expr::col("organisation_id").eq(organisation_id))
            .and_where(Expr::col("word").is_in(words));
        query.filter(Expr::col((Entity, Column::Id)).in_subquery(select))
    })
}

/// The donors of a query that have, for each word that was typed, a word like it; the most like first.
pub(super) async fn search(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    query: Select<Entity>,
    typed: &str,
    limit: u64,
) -> Result<Vec<Model>, StoreError> {
    let organisation_id = scope.organisation_id();
    let mut meanings = Vec::new();
    for word in words(typed).into_iter().take(12) {
        let meant = meant(db, organisation_id, word).await?;
        if meant.is_empty() {
            return Ok(Vec::new());
        }
        meanings.push(meant);
    }
    let found = having(query, scope, &meanings).limit(MOST).all(db).await?;
    let mut ranked: Vec<(usize, u32, String, Model)> = found
        .into_iter()
        .map(|donor| {
            let own: BTreeSet<&str> = donor.names.split(' ').collect();
            let least = |meant: &Meanings| {
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

/// The words of the registry that tell the donors apart in whose names all stands that was typed (it may be a part of a
/// word): those that few donors have. None of them when only many have; nothing when some of it stands in no word.
pub(super) async fn telling(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    typed: &str,
) -> Result<Option<Vec<Meanings>>, StoreError> {
    let organisation_id = scope.organisation_id();
    let typed = words(typed);
    let (mut rare, mut common) = (Vec::new(), Vec::new());
    for part in typed.iter().take(12) {
        let text = format!(
            "SELECT word FROM known_word WHERE organisation_id = $1 AND word LIKE $2 LIMIT {}",
            MOST_WORDS + 1
        );
        let rows = sql::rows(db, &text, values![organisation_id, format!("%{part}%")]).await?;
        let known = rows.iter().map(|row| Ok((0, row.try_get_by_index(0)?)));
        let known = known.collect::<Result<Meanings, StoreError>>()?;
        if known.is_empty() {
            return Ok(None);
        }
        if known.len() > MOST_WORDS {
            continue;
        }
        let few = donors_having(db, organisation_id, &known).await? <= MOST;
        if few { rare.push(known) } else { common.push(known) }
    }
    // One common word is soon found in the order of the names; several may be together in hardly any.
    Ok(Some(if rare.is_empty() && typed.len() > 1 { common } else { rare }))
}

/// How many donors have one of these words; one more than [`MOST`] when there are more.
async fn donors_having(
    db: &impl ConnectionTrait,
    organisation_id: Uuid,
    words: &[(usize, String)],
) -> Result<u64, StoreError> {
    let mut parameters = values![organisation_id];
    let listed = sql::members(&mut parameters, words.iter().map(|(_, word)| word.as_str().into()));
    let text = format!(
        "SELECT count(*) FROM (SELECT 1 FROM donor_word WHERE organisation_id = $1 AND word IN ({listed}) LIMIT {}) AS found",
        MOST + 1
    );
    let row = sql::row(db, &text, parameters).await?;
    let count = row.map(|row| row.try_get_by_index::<i64>(0)).transpose()?.unwrap_or(0);
    Ok(u64::try_from(count).unwrap_or(0))
}

/// A donor that may be the same as another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Candidate {
    donor_id: Uuid,
    #[schema(max_length = 300)]
    name: String,
    #[serde(rename = "type")]
    donor_type: DonorType,
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
    service::read(&context, &caller.claims, async |db, scope| {
        if matches!(scope, TenantScope::Donor { .. }) {
            return Err(Problem::not_found().into());
        }
        let donor = super::store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
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
        answer::record(&request, donor.version, &Candidates { items })
    })
    .await
}

/// The donors that are worth a comparison: of the same telling words, of a word like one of them, or of the identifier.
async fn near(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    donor: &Model,
) -> Result<BTreeMap<Uuid, Model>, StoreError> {
    let mut found = BTreeMap::new();
    let others = |of_organisation: Expr| {
        let others = Entity::find().filter(of_organisation).filter(Column::MergedInto.is_null());
        others.filter(Column::Id.ne(donor.id)).limit(MOST)
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
    fn words_with_few_errors_between_them_have_shapes_alike() {
        let apart = |one: &str, other: &str| (shape(one) & !shape(other)).count_ones();
        for (typed, word) in [("nehterlnads", "netherlands"), ("minstry", "ministry"), ("swedn", "sweden")] {
            let most = u32::try_from(forgiven(typed)).unwrap();
            assert!(
                errors(typed, word).is_some() && apart(typed, word) <= most && apart(word, typed) <= most
            );
        }
        assert!(apart("sweden", "norway") > 2);
        assert_eq!(few("x", 1), "(x & (x - 1)) = 0");
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
