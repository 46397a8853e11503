//! The committees of the organisation as pages need them: what they are called, their time zones, and who sits in them.

use crate::{
    error::{PageError, unless_away},
    i18n::Language,
    people,
    visit::{Staff, Visit},
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};
use std::cmp::Reverse;

/// Kinds of seats, in the order in which people look for them.
const KINDS: [&str; 5] = ["chair", "vice_chair", "member", "alternate", "observer"];

/// A committee for a page, with its name in the reader's language.
pub(crate) fn in_language(language: Language, committee: &Value) -> Value {
    let own = &committee[format!("name_{}", language.as_str())];
    let name = if own.is_string() { own } else { &committee["name"] };
    json!({ "id": committee["id"], "name": name, "time_zone": committee["time_zone"] })
}

/// Every committee of the organisation, for a page; none for whoever may not see committees, and while they are
/// unavailable.
pub(crate) async fn every(staff: &Staff) -> Result<Vec<Value>, PageError> {
    if !staff.may("committees:read") {
        return Ok(Vec::new());
    }
    let all = unless_away(staff.all("/v1/committees", &()).await)?.unwrap_or_default();
    Ok(all.iter().map(|committee| in_language(staff.language, committee)).collect())
}

/// The names of committees by id.
pub(crate) fn names(all: &[Value]) -> Value {
    let named = |committee: &Value| Some((committee["id"].as_str()?.to_owned(), committee["name"].clone()));
    all.iter().filter_map(named).collect::<Map<String, Value>>().into()
}

/// The committee of an id, for a page; null for whoever may not see committees.
pub(crate) async fn of<W>(visit: &Visit<W>, id: &Value) -> Result<Value, PageError> {
    let path = format!("/v1/committees/{}", id.as_str().unwrap_or_default());
    let committee = visit.get_if("committees:read", &path, &()).await?;
    Ok(if committee.is_null() { Value::Null } else { in_language(visit.language, &committee) })
}

/// The seats of a committee, on a day or all that there ever were; none for whoever may not see committees.
pub(crate) async fn seats<W>(
    visit: &Visit<W>,
    id: &Value,
    on: Option<&str>,
) -> Result<Vec<Value>, PageError> {
    if !visit.may("committees:read") {
        return Ok(Vec::new());
    }
    let path = format!("/v1/committees/{}/seats", id.as_str().unwrap_or_default());
    let mut seats = visit.all(&path, &[("on", on)]).await?;
    seats.sort_by_key(|seat| (place(seat), Reverse(seat["from"].as_str().unwrap_or_default().to_owned())));
    Ok(seats)
}

fn place(seat: &Value) -> usize {
    KINDS.iter().position(|kind| seat["kind"] == *kind).unwrap_or(KINDS.len())
}

/// Whether a seat has a vote of its own.
pub(crate) fn votes(seat: &Value) -> bool {
    ["chair", "vice_chair", "member"].iter().any(|kind| seat["kind"] == *kind)
}

/// Seats to choose a mover from: those with a vote, each by the name of whoever holds it, if the reader
/// may know it.
pub(crate) async fn movers<W>(visit: &Visit<W>, seats: &[Value]) -> Result<Vec<Value>, PageError> {
    let names = people::names(visit, seats.iter().map(|seat| &seat["person_id"])).await?;
    let mover = |seat: &Value| {
        let name = &names[seat["person_id"].as_str().unwrap_or_default()];
        json!({ "id": seat["id"], "name": name, "kind": seat["kind"] })
    };
    Ok(seats.iter().filter(|seat| votes(seat)).map(mover).collect())
}

/// The day of an instant in a committee's time zone, as the API takes it; of UTC where none is known.
pub(crate) fn day_in(zone: &Value, at: DateTime<Utc>) -> String {
    let zone: Tz = zone.as_str().and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC);
    at.with_timezone(&zone).date_naive().to_string()
}

/// An instant of the API.
pub(crate) fn instant_of(value: &Value) -> Option<DateTime<Utc>> {
    value.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_committee_is_called_as_its_readers_language_calls_it() {
        let committee = json!({ "id": "c", "name": "Committee", "name_fr": "Comité", "name_es": null });
        let name = |language| in_language(language, &committee)["name"].clone();
        assert_eq!((name(Language::French), name(Language::Spanish)), (json!("Comité"), json!("Committee")));
        assert_eq!(names(&[committee]), json!({ "c": "Committee" }));
    }

    #[test]
    fn the_chair_comes_first_and_only_voting_seats_vote() {
        let seat = |kind: &str| json!({ "kind": kind });
        assert!(
            place(&seat("chair")) < place(&seat("member"))
                && place(&seat("member")) < place(&seat("observer"))
        );
        let voting: Vec<bool> = KINDS.iter().map(|kind| votes(&seat(kind))).collect();
        assert_eq!(voting, [true, true, true, false, false]);
    }

    #[test]
    fn a_day_is_that_of_the_committee() {
        let at = instant_of(&json!("2026-05-03T22:30:00Z")).unwrap();
        assert_eq!(day_in(&json!("Europe/Zurich"), at), "2026-05-04");
        assert_eq!(day_in(&Value::Null, at), "2026-05-03");
    }
}
