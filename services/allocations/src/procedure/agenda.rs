//! The agenda of a meeting.

use crate::meeting::{
    api::{MeetingRecord, record},
    item::{self, AgendaItem, ItemState, MAX_ITEMS, Model},
    store,
};
use crate::{
    committee::{
        refusal::{conflict, unknown},
        trail::trail,
    },
    motion, proposal, window,
};
use ::store::{TenantScope, TenantTx, params, sql};
use actix_web::{HttpRequest, post, put, web::Data};
use auth::{ApiError, Caller, perm};
use kernel::{AgendaItemId, Fault, FieldCode, MeetingId, Problem, ProposalId};
use serde::Deserialize;
use service::{
    ApiResult, Changed, Checks, Context, Created, Id, JsonBody,
    openapi::{CreateProblems, UpdateProblems},
};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// A new item of an agenda.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAgendaItem {
    #[schema(example = "Shelter in Sudan", min_length = 1, max_length = 300)]
    title: String,
    #[schema(max_length = 20_000)]
    text: Option<String>,
    /// The proposal that is decided on: of a window of the meeting's committee.
    proposal_id: Option<ProposalId>,
}

/// An item as it stands on the agenda.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderedItem {
    id: AgendaItemId,
    #[schema(min_length = 1, max_length = 300)]
    title: String,
    #[schema(max_length = 20_000)]
    text: Option<String>,
}

/// An agenda in its order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Agenda {
    #[schema(max_items = 200)]
    items: Vec<OrderedItem>,
}

/// Adds an item to the agenda of a meeting
///
/// At the end, until the meeting is closed (409 afterwards). Headquarters only.
#[utoipa::path(tag = "meetings", request_body = NewAgendaItem, security(("oauth2" = ["meetings:write"])),
    params(("id" = Uuid, Path, description = "The meeting"),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The item", body = AgendaItem), CreateProblems))]
#[post("/v1/committee-meetings/{id}/items")]
pub(crate) async fn create(
    request: HttpRequest,
    caller: Caller<perm::MeetingsWrite>,
    context: Data<Context>,
    id: Id<MeetingId>,
    body: JsonBody<NewAgendaItem>,
) -> ApiResult {
    let NewAgendaItem { title, text, proposal_id } = body.value;
    let mut checks = Checks::new();
    checks.text("/title", &title, 300);
    checks.optional_long_text("/text", text.as_deref(), 20_000);
    checks.finish()?;
    context.headquarters(&caller.claims).await?;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, scope| {
        let meeting = to_change(scope, tx, id.0).await?;
        if let Some(proposal_id) = proposal_id {
            check_proposal(scope, tx, &meeting, proposal_id).await?;
        }
        let items = item::of_meeting(tx.db(), meeting.id).await?;
        if items.len() >= MAX_ITEMS {
            let most = u64::try_from(MAX_ITEMS).unwrap_or(u64::MAX);
            return Err(Problem::invalid_field("", Fault::too_many(most, "items")).into());
        }
        let last = items.iter().map(|item| item.position).max().unwrap_or(0);
        let added = Model {
            id: tx.new_id(),
            organisation_id: meeting.organisation_id,
            office_id: meeting.office_id,
            committee_id: meeting.committee_id,
            meeting_id: meeting.id,
            position: last + 1,
            title,
            text,
            proposal_id,
            state: ItemState::Pending,
            carried_to: None,
            created_at: tx.now(),
        };
        item::save_all(tx, std::slice::from_ref(&added)).await?;
        let after = moved_on(tx, meeting).await?;
        let shown = AgendaItem::from(added);
        tx.audit_created("meeting.item", &after, &trail(&shown)?).await?;
        Ok(Created::new(format!("/v1/committee-meetings/{}", after.id), after.version, shown))
    })
    .await
}

/// Puts the agenda of a meeting in order
///
/// Sets order, titles and texts. Items that are left out are taken off the agenda, unless there was a motion on them (409).
/// Headquarters only. Send the meeting's ETag in `If-Match`.
#[utoipa::path(tag = "meetings", request_body = Agenda, security(("oauth2" = ["meetings:write"])),
    params(("id" = Uuid, Path, description = "The meeting"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The meeting", body = MeetingRecord), UpdateProblems))]
#[put("/v1/committee-meetings/{id}/items")]
pub(crate) async fn update(
    request: HttpRequest,
    caller: Caller<perm::MeetingsWrite>,
    context: Data<Context>,
    id: Id<MeetingId>,
    body: JsonBody<Agenda>,
) -> ApiResult {
    context.headquarters(&caller.claims).await?;
    let Agenda { items } = body.value;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let meeting = to_change(scope, tx, id.0).await?;
        precondition.check(meeting.version)?;
        let before = item::of_meeting(tx.db(), meeting.id).await?;
        check(&items, &before)?;
        let named: BTreeSet<AgendaItemId> = items.iter().map(|item| item.id).collect();
        for left_out in before.iter().filter(|item| !named.contains(&item.id)) {
            remove(tx, left_out).await?;
        }
        let after = reordered(items, &before);
        item::save_all(tx, &after).await?;
        let next = moved_on(tx, meeting).await?;
        let shown = |items: Vec<Model>| items.into_iter().map(AgendaItem::from).collect::<Vec<_>>();
        tx.audit_changed("meeting.agenda", &next, &trail(&shown(before))?, &trail(&shown(after))?).await?;
        let version = next.version;
        Ok(Changed::new(version, record(tx.db(), next).await?))
    })
    .await
}

/// A meeting whose agenda may change, locked.
async fn to_change(scope: &TenantScope, tx: &TenantTx, id: MeetingId) -> Result<store::Model, ApiError> {
    let meeting = store::get_to_change(scope, tx, id).await?.ok_or_else(Problem::not_found)?;
    if meeting.state.takes_items() {
        return Ok(meeting);
    }
    let why = format!("the agenda of a meeting that is {} does not change", meeting.state);
    Err(conflict("meeting", meeting.state.as_str(), why))
}

/// The next version of a meeting whose agenda changed.
async fn moved_on(tx: &TenantTx, meeting: store::Model) -> Result<store::Model, ApiError> {
    let after = store::Model { version: meeting.version + 1, updated_at: tx.now(), ..meeting };
    store::save(tx, &after).await?;
    Ok(after)
}

/// Whether a proposal is one that the committee of a meeting decides on.
async fn check_proposal(
    scope: &TenantScope,
    tx: &TenantTx,
    meeting: &store::Model,
    id: ProposalId,
) -> Result<(), ApiError> {
    let refused = || Problem::invalid_field("/proposal_id", unknown("allocation_proposal"));
    let found = proposal::store::get(scope, tx.db(), id).await?.ok_or_else(refused)?;
    let terms = window::store::terms(tx.db(), found.window_id).await?.ok_or_else(refused)?;
    if terms.committee_id == meeting.committee_id { Ok(()) } else { Err(refused().into()) }
}

fn check(items: &[OrderedItem], before: &[Model]) -> Result<(), Problem> {
    let mut checks = Checks::new();
    let mut seen = BTreeSet::new();
    for (index, item) in checks.at_most("/items", items, MAX_ITEMS).iter().enumerate() {
        let place = |field: &str| format!("/items/{index}/{field}");
        let is_known = before.iter().any(|known| known.id == item.id);
        checks.require(is_known, &place("id"), unknown("agenda_item"));
        checks.require(seen.insert(item.id), &place("id"), (FieldCode::Duplicate, "is given twice"));
        checks.text(&place("title"), &item.title, 300);
        checks.optional_long_text(&place("text"), item.text.as_deref(), 20_000);
    }
    checks.finish()
}

/// The items that were there, as they were sent.
fn reordered(items: Vec<OrderedItem>, before: &[Model]) -> Vec<Model> {
    let sent = items.into_iter().zip(1_i64..);
    sent.filter_map(|(item, position)| {
        let known = before.iter().find(|known| known.id == item.id)?;
        Some(Model { position, title: item.title, text: item.text, ..known.clone() })
    })
    .collect()
}

/// Takes an item off the agenda; what it continued is left for the next meeting again.
async fn remove(tx: &TenantTx, item: &Model) -> Result<(), ApiError> {
    if motion::store::is_any_on(tx.db(), item.id).await? {
        let why = "there was a motion on an item that was left out";
        return Err(conflict("agenda_item", item.state.as_str(), why));
    }
    for table in ["agenda_item", "circulation"] {
        let text = format!("UPDATE {table} SET carried_to = NULL WHERE carried_to = $1");
        sql::execute(tx.db(), &text, params![item.id]).await?;
    }
    sql::execute(tx.db(), "DELETE FROM agenda_item WHERE id = $1", params![item.id]).await?;
    Ok(())
}
