//! A committee of five in an open meeting, with one item on its agenda, for tests.

use super::store::Model as Decision;
use crate::{
    committee::{
        self, DecidedBy,
        rules::{self, Rules},
        seat::{self, SeatKind},
    },
    decision::take::{Source, Taken, take},
    meeting::{
        self, MeetingState,
        attendance::AttendanceInterval,
        item::{self, ItemState},
    },
    migration::Migrator,
    motion::{self, Ballot, MotionState, Resolution, roll, rule::outcome},
};
use ::store::{Actor, Store, TenantScope, TenantTx};
use chrono::{DateTime, Utc};
use kernel::{
    ActorKind, AgendaItemId, Clock, CommitteeId, FixedClock, MeetingId, MotionId, OfficeId, OrganisationId,
    PersonId, PrincipalId, SeatId,
};
use std::sync::Arc;

pub(crate) const ORGANISATION: OrganisationId = OrganisationId::from_u128(1);
pub(crate) const OFFICE: OfficeId = OfficeId::from_u128(2);
pub(crate) const ITEM: AgendaItemId = AgendaItemId::from_u128(300);
const COMMITTEE: CommitteeId = CommitteeId::from_u128(3);
const MEETING: MeetingId = MeetingId::from_u128(4);

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) committee: committee::store::Model,
    pub(crate) meeting: meeting::store::Model,
    _folder: tempfile::TempDir,
}

/// Headquarters.
pub(crate) fn scope() -> TenantScope {
    TenantScope::Offices { organisation_id: ORGANISATION, office_id: OFFICE, office_ids: vec![OFFICE] }
}

/// The seat with a number, and whoever holds it.
pub(crate) fn seat_of(number: u128) -> (SeatId, PersonId) {
    (SeatId::from_u128(100 + number), PersonId::from_u128(200 + number))
}

impl World {
    /// Five members, all of them present.
    pub(crate) async fn new(decision_by: DecidedBy) -> Self {
        let folder = testkit::folder();
        let at: DateTime<Utc> = "2026-05-04T10:00:00Z".parse().unwrap();
        let clock = Arc::new(FixedClock::at(at));
        let file = folder.path().join("allocations.db");
        let store = Store::open_sqlite(&file, clock.clone()).await.unwrap();
        ::store::migration::migrate::<Migrator>(&store).await.unwrap();
        let committee = committee::store::Model {
            id: COMMITTEE,
            version: 1,
            organisation_id: ORGANISATION,
            office_id: OFFICE,
            name: "Allocation committee".to_owned(),
            name_fr: None,
            name_es: None,
            decision_by,
            time_zone: "Europe/Zurich".to_owned(),
            rules_number: 1,
            created_at: at,
            updated_at: at,
        };
        let meeting = open_meeting(at);
        let world = Self { store, clock, committee, meeting, _folder: folder };
        world.record(at).await;
        world
    }

    pub(crate) async fn begin(&self) -> TenantTx {
        self.store.begin(scope(), Actor::system()).await.unwrap()
    }

    /// A transaction of a person.
    pub(crate) async fn begin_as(&self, person: u128) -> TenantTx {
        let actor = Actor { kind: ActorKind::Person, id: PrincipalId::from_u128(person), ..Actor::system() };
        self.store.begin(scope(), actor).await.unwrap()
    }

    async fn record(&self, at: DateTime<Utc>) {
        let tx = self.begin().await;
        committee::store::save(tx.db(), &self.committee).await.unwrap();
        let by = (PrincipalId::nil(), at);
        rules::add(tx.db(), &self.committee, &Rules::default(), None, by).await.unwrap();
        for number in 1..=5 {
            seat::save(&tx, &held_seat(number, at)).await.unwrap();
        }
        meeting::store::save(&tx, &self.meeting).await.unwrap();
        item::save_all(&tx, &[agenda_item(at)]).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A motion about no proposal that is put to the vote, the votes of the first seats, and what follows.
    pub(crate) async fn decide(
        &self,
        tx: &mut TenantTx,
        number: i64,
        votes: &[Ballot],
    ) -> (MotionState, Option<Decision>) {
        let now = self.clock.now();
        let motion = open_motion(number, now);
        motion::store::save(tx, &motion).await.unwrap();
        for (ballot, number) in votes.iter().zip(1_u128..) {
            let (seat_id, person_id) = seat_of(number);
            motion::store::vote(tx, &motion, seat_id, (person_id, *ballot)).await.unwrap();
        }
        let rules = rules::current(tx.db(), COMMITTEE).await.unwrap();
        let place = (&self.committee, &rules);
        let called = roll::call(tx.db(), place, &self.meeting, None, now).await.unwrap();
        let cast = motion::store::votes(tx.db(), motion.id).await.unwrap();
        let (outcome, tally) = outcome(&called.entitled, &cast, &rules);
        if outcome.state() != MotionState::Passed {
            return (outcome.state(), None);
        }
        let taken = Taken {
            committee: &self.committee,
            rules: &rules,
            rules_number: 1,
            source: Source::Motion { id: motion.id, meeting_id: MEETING },
            decided: None,
            resolution: Resolution::Other,
            amount: None,
            conditions: None,
            reason: "The terms of reference are revised".to_owned(),
            outcome: outcome.state(),
            tally,
        };
        (outcome.state(), Some(take(tx, taken).await.unwrap()))
    }
}

fn open_meeting(at: DateTime<Utc>) -> meeting::store::Model {
    let present =
        |number: u128| AttendanceInterval { person_id: seat_of(number).1, from: at, to: None, remote: false };
    let attendance: Vec<AttendanceInterval> = (1..=5).map(present).collect();
    meeting::store::Model {
        id: MEETING,
        version: 1,
        organisation_id: ORGANISATION,
        office_id: OFFICE,
        committee_id: COMMITTEE,
        number: 1,
        place: "Geneva".to_owned(),
        starts_at: at,
        state: MeetingState::Open,
        rules_number: 1,
        short_notice_reason: None,
        attendance: serde_json::to_string(&attendance).unwrap(),
        convened_at: Some(at),
        opened_at: Some(at),
        closed_at: None,
        created_at: at,
        updated_at: at,
    }
}

fn held_seat(number: u128, at: DateTime<Utc>) -> seat::Model {
    let (id, person_id) = seat_of(number);
    seat::Model {
        id,
        version: 1,
        organisation_id: ORGANISATION,
        office_id: OFFICE,
        committee_id: COMMITTEE,
        person_id,
        represented_id: OFFICE,
        kind: if number == 1 { SeatKind::Chair } else { SeatKind::Member },
        alternate_of: None,
        from_day: at.date_naive(),
        to_day: None,
        created_at: at,
        updated_at: at,
    }
}

fn agenda_item(at: DateTime<Utc>) -> item::Model {
    item::Model {
        id: ITEM,
        organisation_id: ORGANISATION,
        office_id: OFFICE,
        committee_id: COMMITTEE,
        meeting_id: MEETING,
        position: 1,
        title: "Terms of reference".to_owned(),
        text: None,
        proposal_id: None,
        state: ItemState::Pending,
        carried_to: None,
        created_at: at,
    }
}

fn open_motion(number: i64, at: DateTime<Utc>) -> motion::store::Model {
    motion::store::Model {
        id: MotionId::from_u128(400 + u128::try_from(number).unwrap()),
        version: 1,
        organisation_id: ORGANISATION,
        office_id: OFFICE,
        committee_id: COMMITTEE,
        meeting_id: MEETING,
        item_id: ITEM,
        number,
        proposal_id: None,
        window_id: None,
        resolution: Resolution::Other,
        amount: None,
        conditions: None,
        reason: "The terms of reference are revised".to_owned(),
        mover_id: seat_of(1).0,
        // The item has one open motion at a time, which the vote does not ask for.
        state: MotionState::Proposed,
        at_opening: None,
        at_closing: None,
        votes_yes: None,
        votes_no: None,
        votes_abstain: None,
        quorum: None,
        void_reason: None,
        decision_id: None,
        opened_at: Some(at),
        closed_at: None,
        created_at: at,
        updated_at: at,
    }
}
