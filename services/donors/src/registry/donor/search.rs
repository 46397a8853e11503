//! Donors with names like another: words with typing errors, and records that may be the same donor.

use super::{
    names::likeness,
    rows::{known_word, word},
    store::{Column, Entity, Model},
};
use ::store::{StoreError, TenantScope, Transaction, insert_models, insert_new, params, sql};
use kernel::{
    OrganisationId,
    text::{errors, forgiven, words},
};
use sea_orm::{
    ConnectionTrait, QueryFilter, QuerySelect, Select, Value,
    sea_query::{Expr, ExprTrait, Query},
};
use std::collections::BTreeSet;

/// Donors that are compared one by one.
pub(crate) const MAX_CANDIDATES: u64 = 400;
/// Maximum number of candidates for one typed word.
const MAX_WORDS: usize = 40;

/// Writes the words of a donor's names over those it had.
pub(super) async fn index(tx: &Transaction, donor: &Model) -> Result<(), StoreError> {
    sql::execute(tx.db(), "DELETE FROM donor_word WHERE donor_id = $1", params![donor.id]).await?;
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
    let rows = of_donors.into_iter().map(|(organisation_id, word, donor_id)| {
        let word = word.to_owned();
        word::Model { organisation_id, word, donor_id }
    });
    insert_models(tx.db(), &rows.collect::<Vec<_>>()).await?;
    let rows = known.into_iter().map(|(organisation_id, letters, word)| {
        let (shape, word) = (shape(word), word.to_owned());
        known_word::Model { organisation_id, letters, word, shape }
    });
    insert_new(tx.db(), &rows.collect::<Vec<_>>()).await?;
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

/// The words of the registry similar to a word, with their distance: closest first.
pub(crate) async fn meant(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    typed: &str,
) -> Result<Meanings, StoreError> {
    let (length, most) = (letters(typed), i32::try_from(forgiven(typed)).unwrap_or(0));
    // A word that begins with what was typed may be longer.
    let longest = if length >= 3 { i32::MAX } else { length };
    let mut values = params![organisation_id, length - most, longest, format!("{typed}%")];
    let mut like = "word LIKE $4".to_owned();
    if most > 0 {
        values.extend(params![length + most, shape(typed)]);
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
    found.truncate(MAX_WORDS);
    Ok(found)
}

/// Words of the registry similar to a typed one, with their distance.
type Meanings = Vec<(usize, String)>;

/// Only donors with one word of each of these; the query finds them by their ids.
pub(crate) fn having(query: Select<Entity>, scope: &TenantScope, wanted: &[Meanings]) -> Select<Entity> {
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
    let found = having(query, scope, &meanings).limit(MAX_CANDIDATES).all(db).await?;
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
            MAX_WORDS + 1
        );
        let rows = sql::rows(db, &text, params![organisation_id, format!("%{part}%")]).await?;
        let known = rows.iter().map(|row| Ok((0, row.try_get_by_index(0)?)));
        let known = known.collect::<Result<Meanings, StoreError>>()?;
        if known.is_empty() {
            return Ok(None);
        }
        if known.len() > MAX_WORDS {
            continue;
        }
        let few = donors_having(db, organisation_id, &known).await? <= MAX_CANDIDATES;
        if few { rare.push(known) } else { common.push(known) }
    }
    // One common word is soon found in the order of the names; several may be together in hardly any.
    Ok(Some(if rare.is_empty() && typed.len() > 1 { common } else { rare }))
}

/// How many donors have one of these words; one more than [`MAX_CANDIDATES`] when there are more.
async fn donors_having(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    words: &[(usize, String)],
) -> Result<u64, StoreError> {
    let mut parameters = params![organisation_id];
    let listed = sql::bind_list(&mut parameters, words.iter().map(|(_, word)| word.as_str().into()));
    let text = format!(
        "SELECT count(*) FROM (SELECT 1 FROM donor_word WHERE organisation_id = $1 AND word IN ({listed}) LIMIT {}) AS found",
        MAX_CANDIDATES + 1
    );
    let row = sql::row(db, &text, parameters).await?;
    let count = row.map(|row| row.try_get_by_index::<i64>(0)).transpose()?.unwrap_or(0);
    Ok(u64::try_from(count).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
