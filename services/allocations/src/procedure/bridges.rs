//! Bridges past the day by which the money that they wait for was expected: the next meeting has them on its agenda,
//! and decides whether they are repaid or become grants.

use crate::{
    meeting::{
        item::{self, ItemState, MAX_ITEMS, Model as Item},
        store::Model as Meeting,
    },
    proposal::{fields::ExpectedFunding, store::Model as Proposal},
};
use ::store::{StoreError, Transaction, params, sql};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::ProposalId;
use std::collections::BTreeMap;

/// Puts the committee's bridges that are past their day at the end of the agenda of a meeting, each once after that
/// day: what a meeting leaves pending goes on to the next as any other item. `today` is a day of the committee's time
/// zone.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn put_on_agenda(
    tx: &Transaction,
    meeting: &Meeting,
    today: NaiveDate,
) -> Result<(), StoreError> {
    let text = "SELECT p.* FROM allocation_proposal AS p JOIN allocation_window AS w ON w.id = p.window_id
                WHERE w.committee_id = $1 AND p.nature = 'bridge'
                  AND p.state IN ('approved', 'partly_approved', 'disbursing', 'reporting') ORDER BY p.id";
    let bridges: Vec<Proposal> = sql::all(tx.db(), text, params![meeting.committee_id]).await?;
    if bridges.is_empty() {
        return Ok(());
    }
    let put = put_before(tx, meeting).await?;
    let there = item::of_meeting(tx.db(), meeting.id).await?;
    let last = there.iter().map(|item| item.position).max().unwrap_or(0);
    let mut items: Vec<Item> = Vec::new();
    for bridge in bridges {
        let Some(expected) = bridge.fields()?.expected else { continue };
        let is_there = there.iter().any(|item| item.proposal_id == Some(bridge.id));
        if !is_there && is_due(expected.by, today, put.get(&bridge.id).copied()) {
            items.push(new_item(tx, meeting, &bridge, &expected));
        }
    }
    items.truncate((2 * MAX_ITEMS).saturating_sub(there.len()));
    for (item, position) in items.iter_mut().zip(last + 1..) {
        item.position = position;
    }
    item::save_all(tx, &items).await
}

/// Whether a bridge has to be put on an agenda: its day is past, and it was not put on one since.
fn is_due(by: NaiveDate, today: NaiveDate, put_at: Option<DateTime<Utc>>) -> bool {
    by < today && put_at.is_none_or(|at| at.date_naive() <= by)
}

/// When proposals were put on an agenda of the committee last.
async fn put_before(
    tx: &Transaction,
    meeting: &Meeting,
) -> Result<BTreeMap<ProposalId, DateTime<Utc>>, StoreError> {
    let text = "SELECT * FROM agenda_item WHERE committee_id = $1 AND proposal_id IS NOT NULL";
    let items: Vec<Item> = sql::all(tx.db(), text, params![meeting.committee_id]).await?;
    let mut put: BTreeMap<ProposalId, DateTime<Utc>> = BTreeMap::new();
    for item in items {
        if let Some(proposal_id) = item.proposal_id {
            let at = put.entry(proposal_id).or_insert(item.created_at);
            *at = item.created_at.max(*at);
        }
    }
    Ok(put)
}

/// An item about a bridge. What it says needs no words of a language.
fn new_item(tx: &Transaction, meeting: &Meeting, bridge: &Proposal, expected: &ExpectedFunding) -> Item {
    let title = format!("{}: {}", bridge.reference, bridge.title);
    let (amount, currency) = (expected.amount, expected.amount.currency().code());
    Item {
        id: tx.new_id(),
        organisation_id: meeting.organisation_id,
        office_id: meeting.office_id,
        committee_id: meeting.committee_id,
        meeting_id: meeting.id,
        position: 0,
        title: title.chars().take(300).collect(),
        text: Some(format!("{} · {currency} {amount} · {}", expected.source, expected.by)),
        proposal_id: Some(bridge.id),
        state: ItemState::Pending,
        carried_to: None,
        created_at: tx.now(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        committee::{self, DecidedBy},
        meeting,
        migration::Migrator,
        proposal::{self, State, fields::AllocationNature},
        window,
    };
    use ::store::{Actor, Store, migration::migrate};
    use kernel::{FixedClock, MeetingId, PrincipalId};
    use serde_json::json;
    use std::sync::Arc;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_bridge_is_put_on_an_agenda_once_after_its_day() {
        let by = day("2026-03-31");
        let at = |text: &str| Some(text.parse::<DateTime<Utc>>().unwrap());
        for (today, put_at, expected) in [
            ("2026-03-30", None, false),
            ("2026-03-31", None, false),
            ("2026-04-01", None, true),
            // When it was decided on, it was on an agenda as well.
            ("2026-04-01", at("2026-01-15T09:00:00Z"), true),
            ("2026-06-01", at("2026-04-01T09:00:00Z"), false),
        ] {
            assert_eq!(is_due(by, day(today), put_at), expected, "{today} {put_at:?}");
        }
    }

    /// A meeting of the committee of the window of the tests.
    fn meeting_of(window: &window::store::Model, number: i64) -> Meeting {
        let at = window.created_at;
        Meeting {
            id: MeetingId::from_u128(number.unsigned_abs().into()),
            version: 1,
            organisation_id: window.organisation_id,
            office_id: window.office_id,
            committee_id: window.committee_id,
            number,
            place: "Geneva".to_owned(),
            starts_at: at,
            state: meeting::MeetingState::Convened,
            rules_number: 1,
            short_notice_reason: None,
            attendance: "[]".to_owned(),
            convened_at: None,
            opened_at: None,
            closed_at: None,
            created_at: at,
            updated_at: at,
        }
    }

    #[tokio::test]
    async fn the_next_meeting_has_a_bridge_that_is_past_its_day_and_the_one_after_has_not() {
        let folder = testkit::folder();
        let clock = Arc::new(FixedClock::at("2026-04-02T08:00:00Z".parse().unwrap()));
        let file = folder.path().join("allocations.db");
        let database = Store::open_sqlite(&file, clock).await.unwrap();
        migrate::<Migrator>(&database).await.unwrap();
        let mut tx = database.system(Actor::system()).await.unwrap();
        let window = window::store::tests::blank().with(&window::fields_check::tests::window()).unwrap();
        window::store::insert(&mut tx, &window).await.unwrap();
        let committee = committee::store::Model {
            id: window.committee_id,
            version: 1,
            organisation_id: window.organisation_id,
            office_id: window.office_id,
            name: "Committee".to_owned(),
            name_fr: None,
            name_es: None,
            decision_by: DecidedBy::Committee,
            time_zone: "Europe/Zurich".to_owned(),
            rules_number: 1,
            created_at: window.created_at,
            updated_at: window.created_at,
        };
        committee::store::save(tx.db(), &committee).await.unwrap();
        let expected = json!({ "source": "Denmark", "by": "2026-03-31",
            "amount": { "amount": "5000.00", "currency": "USD" } });
        for (number, nature) in [(1, AllocationNature::Bridge), (2, AllocationNature::Grant)] {
            let mut fields = proposal::store::tests::row(State::Approved).fields().unwrap();
            fields.nature = nature;
            fields.expected = Some(serde_json::from_value(expected.clone()).unwrap());
            let row = Proposal {
                id: ProposalId::from_u128(number),
                reference: format!("MIR-2026-0000{number}"),
                ..proposal::store::tests::row(State::Approved)
            };
            let row = row.with(&fields, PrincipalId::from_u128(7)).unwrap();
            proposal::store::insert(&tx, &row).await.unwrap();
        }
        let (first, second) = (meeting_of(&window, 1), meeting_of(&window, 2));
        for meeting in [&first, &second] {
            meeting::store::save(&tx, meeting).await.unwrap();
        }
        put_on_agenda(&tx, &first, day("2026-03-31")).await.unwrap();
        assert!(item::of_meeting(tx.db(), first.id).await.unwrap().is_empty(), "it is the last day");
        for _ in 0..2 {
            put_on_agenda(&tx, &first, day("2026-04-02")).await.unwrap();
        }
        let items = item::of_meeting(tx.db(), first.id).await.unwrap();
        let said: Vec<(i64, &str, Option<&str>)> =
            items.iter().map(|item| (item.position, item.title.as_str(), item.text.as_deref())).collect();
        let text = "Denmark · USD 5000.00 · 2026-03-31";
        assert_eq!(said, [(1, "MIR-2026-00001: Onward transport", Some(text))]);
        put_on_agenda(&tx, &second, day("2026-05-02")).await.unwrap();
        assert!(item::of_meeting(tx.db(), second.id).await.unwrap().is_empty());
    }
}
