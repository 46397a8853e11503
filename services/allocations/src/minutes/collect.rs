//! Minutes as a file: what they tell is read, the optimum of each window is found, and they are typeset.

use super::{
    api::written,
    compose::{self, Record},
    optimum::Judged,
    store::Model,
};
use crate::{
    circulation,
    committee::{day_in, rules, seat, store as committees},
    conflict, decision,
    meeting::{self, item},
    motion, proposal,
    scenario::{
        question::{WhatIfQuestion, asked},
        run::optima,
    },
    score::board::scores,
    window,
};
use ::store::{StoreError, TenantScope, office, params, sql};
use auth::ApiError;
use chrono::{DateTime, Utc};
use kernel::{OfficeId, OrganisationId, PrincipalId, ProposalId, WindowId};
use locale::Language;
use sea_orm::ConnectionTrait;
use std::collections::{BTreeSet, HashMap};

/// The minutes of a meeting as a PDF in a language. It takes a while: not while anything is locked.
///
/// # Errors
/// 429 and 503 while too many questions are being solved, 500 when they cannot be written.
pub(super) async fn typeset(
    caller: PrincipalId,
    record: &Record,
    language: Language,
) -> Result<Vec<u8>, ApiError> {
    let problems = record.judged.iter().map(|judged| judged.asked.problem.clone()).collect();
    let best = optima(caller, problems).await?;
    written(compose::document(record, &best, language)?).await
}

/// Everything that the minutes of a meeting tell. `db` reads the rows of all offices.
///
/// # Errors
/// [`StoreError`], also for a scope that reads no committees.
pub(super) async fn collected(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    meeting: meeting::store::Model,
    minutes: Model,
) -> Result<Record, StoreError> {
    let found = committees::get(scope, db, meeting.committee_id).await?;
    let missing = || StoreError::Damaged(format!("meeting {} has no committee", meeting.id));
    let committee = found.ok_or_else(missing)?;
    let held = meeting.opened_at.unwrap_or(meeting.starts_at);
    let ended = meeting.closed_at.unwrap_or(held);
    let began = meeting::store::closed_before(db, committee.id, meeting.number).await?;
    let since = began.unwrap_or(committee.created_at);
    let seats = seat::on(db, committee.id, day_in(&committee.time_zone, held)).await?;
    let mut offices: HashMap<OfficeId, String> = HashMap::new();
    for seat in &seats {
        if let Some(known) = office::find(db, committee.organisation_id, seat.office_id).await? {
            offices.insert(known.id, known.name);
        }
    }
    let items = item::of_meeting(db, meeting.id).await?;
    let circulations = circulation::store::ended_between(db, committee.id, (since, ended)).await?;
    let named = items.iter().filter_map(|item| item.proposal_id);
    let named: BTreeSet<ProposalId> = named.chain(circulations.iter().map(|one| one.proposal_id)).collect();
    let conflicts = conflicts_of(db, committee.organisation_id, &named, (held, ended)).await?;
    let proposals = proposals_of(db, committee.organisation_id, named).await?;
    let windows: BTreeSet<WindowId> = proposals.values().map(|proposal| proposal.window_id).collect();
    let judged = judged_of(db, committee.organisation_id, windows, ended).await?;
    let organisation = office::organisation_name(db, committee.organisation_id).await?;
    Ok(Record {
        organisation: organisation.unwrap_or_default(),
        rules: rules::at(db, committee.id, meeting.rules_number).await?,
        seats,
        offices,
        items,
        motions: motion::store::of_meeting(db, meeting.id).await?,
        decisions: decision::store::of_meeting(db, meeting.id).await?,
        proposals,
        conflicts,
        judged,
        circulations,
        committee,
        meeting,
        minutes,
    })
}

/// Proposals of an organisation by their ids, in one question.
async fn proposals_of(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    ids: BTreeSet<ProposalId>,
) -> Result<HashMap<ProposalId, proposal::store::Model>, StoreError> {
    let select = "SELECT * FROM allocation_proposal WHERE organisation_id = $1";
    let keys = ids.into_iter().map(sea_orm::Value::from);
    let rows = sql::select_by_keys(db, select, params![organisation_id], "id", keys).await?;
    let proposals: Vec<proposal::store::Model> = sql::read(&rows)?;
    Ok(proposals.into_iter().map(|proposal| (proposal.id, proposal)).collect())
}

/// The conflicts of interest in some proposals that held during a meeting, in the order in which they were found.
async fn conflicts_of(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    ids: &BTreeSet<ProposalId>,
    (held, ended): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<conflict::store::Model>, StoreError> {
    let select = "SELECT * FROM proposal_conflict WHERE organisation_id = $1";
    let keys = ids.iter().copied().map(sea_orm::Value::from);
    let rows = sql::select_by_keys(db, select, params![organisation_id], "proposal_id", keys).await?;
    let mut conflicts: Vec<conflict::store::Model> = sql::read(&rows)?;
    conflicts.retain(|one| one.recorded_at <= ended && one.lifted_at.is_none_or(|lifted| lifted > held));
    conflicts.sort_by_key(|one| one.id);
    Ok(conflicts)
}

/// The windows that have scores, in the order in which they were made.
async fn judged_of(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    ids: BTreeSet<WindowId>,
    ended: DateTime<Utc>,
) -> Result<Vec<Judged>, StoreError> {
    let mut windows = Vec::new();
    for id in ids {
        let Some(window) = window::store::find(db, organisation_id, id).await? else { continue };
        let (fields, scores) = (window.fields()?, scores(db, &window).await?);
        // A question that names no proposal is never refused.
        let Ok(asked) = asked(&window, &fields, &scores, &WhatIfQuestion::as_it_is()) else { continue };
        if asked.ids.is_empty() {
            continue;
        }
        let decisions = decision::store::on_proposals_of(db, window.id, ended).await?.into_iter();
        let decisions = decisions.filter_map(|decision| Some((decision.proposal_id?, decision))).collect();
        windows.push(Judged { window, scores, asked, decisions });
    }
    Ok(windows)
}
