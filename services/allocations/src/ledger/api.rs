use super::{
    account::{Account, CauseKind, LedgerEntryKind},
    promise,
    rows::{self, EntryFilter, entry, posting},
    state::Purpose,
};
use crate::{known, lot, pool};
use ::store::{StoreError, params, sql};
use actix_web::{
    HttpRequest, get,
    web::{Data, Path},
};
use auth::{Caller, Claims, perm};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{DecisionId, DonorId, EntryId, FieldCode, LotId, Money, PlanId, PoolId, Problem, ProposalId};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Column, Context, Envelope, Id, Listed, Paging, Row, openapi::ReadProblems, response,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// An entry of a pool's ledger. It never changes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LedgerEntry {
    id: EntryId,
    /// Counted from 1 in the pool, without gaps.
    #[schema(minimum = 1)]
    number: i64,
    kind: LedgerEntryKind,
    /// The day for which it was recorded.
    day: NaiveDate,
    /// What moves.
    amount: Money,
    /// The proposal that it is about; null for what is about several, or none.
    proposal_id: Option<ProposalId>,
    /// What caused it.
    cause_kind: CauseKind,
    /// The contribution, decision, proposal or case that caused it, as `cause_kind` says.
    cause_id: Uuid,
    cause_sequence: i64,
    /// What was said of it. Null for callers who neither read committees' meetings nor record disbursements: it may be
    /// internal.
    #[schema(max_length = 2000)]
    reason: Option<String>,
    decision_id: Option<DecisionId>,
    /// The entry that it reverses.
    reverses_id: Option<EntryId>,
    /// What the proposal's window could still promise afterwards; of an entry of no window, the pool.
    headroom_after: Money,
    created_at: DateTime<Utc>,
    /// Its lines.
    #[schema(max_items = 100000)]
    postings: Vec<LedgerPosting>,
}

/// A line of an entry: by how much a place becomes more, or less.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LedgerPosting {
    account: Account,
    lot_id: LotId,
    /// Null where it is not promised.
    proposal_id: Option<ProposalId>,
    /// Below zero when the place becomes less.
    amount: Money,
}

impl LedgerEntry {
    pub(crate) fn of(row: entry::Model, lines: Vec<posting::Model>) -> Self {
        let postings = lines.into_iter().map(|line| LedgerPosting {
            account: line.account,
            lot_id: line.lot_id,
            proposal_id: rows::proposal(line.proposal_id),
            amount: Money::usd(line.amount),
        });
        Self {
            id: row.id,
            number: row.number,
            kind: row.kind,
            day: row.day,
            amount: Money::usd(row.amount),
            proposal_id: row.proposal_id,
            cause_kind: row.cause_kind,
            cause_id: row.cause_id,
            cause_sequence: row.cause_sequence,
            reason: row.reason,
            decision_id: row.decision_id,
            reverses_id: row.reverses_id,
            headroom_after: Money::usd(row.headroom_after),
            created_at: row.created_at,
            postings: postings.collect(),
        }
    }

    /// The entry for somebody who reads reasons, or does not.
    fn shown(self, has_reasons: bool) -> Self {
        Self { reason: self.reason.filter(|_| has_reasons), ..self }
    }
}

/// Whether somebody reads the reasons of entries: those of decisions are for who reads meetings, those of payments for
/// who records them.
fn reads_reasons(claims: &Claims) -> bool {
    claims.may("meetings:read") || claims.may("disbursements:write")
}

/// A pool and the number of an entry, as a path names them.
///
/// # Errors
/// 422 for what is neither.
pub(crate) fn entry_of(path: &Path<(String, String)>) -> Result<(PoolId, i64), Problem> {
    let wrong = |name: &'static str, code: FieldCode, why: &'static str| {
        Problem::invalid_parameter(name, code.says(why))
    };
    let id = path.0.parse().map_err(|_| wrong("id", FieldCode::NotAnId, "is not an id (a UUID)"))?;
    let number = path.1.parse().map_err(|_| wrong("number", FieldCode::NotANumber, "is not a number"))?;
    Ok((id, number))
}

impl Row for LedgerEntry {
    const COLUMNS: &'static [Column<Self>] = &[
        ("number", |row| row.number.into()),
        ("kind", |row| row.kind.as_str().into()),
        ("day", |row| row.day.into()),
        ("amount_usd", |row| row.amount.into()),
        ("proposal_id", |row| row.proposal_id.into()),
        ("cause_kind", |row| row.cause_kind.as_str().into()),
        ("cause_id", |row| row.cause_id.into()),
        ("reason", |row| row.reason.as_deref().into()),
        ("decision_id", |row| row.decision_id.into()),
        ("reverses_id", |row| row.reverses_id.into()),
        ("headroom_after_usd", |row| row.headroom_after.into()),
    ];
}

/// Filters of the list of entries.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LedgerFilter {
    /// Only entries about this proposal.
    proposal_id: Option<ProposalId>,
    /// Only entries of this kind.
    #[param(inline)]
    kind: Option<LedgerEntryKind>,
}

/// Lists the entries of a pool's ledger
///
/// The last first, each with its lines.
#[utoipa::path(tag = "pools", params(("id" = Uuid, Path, description = "The pool"), LedgerFilter, Paging),
    security(("oauth2" = ["pools:read"])),
    responses((status = 200, description = "The entries", body = Envelope<LedgerEntry>), ReadProblems))]
#[get("/v1/pools/{id}/entries")]
pub(crate) async fn entries(
    request: HttpRequest,
    caller: Caller<perm::PoolsRead>,
    context: Data<Context>,
    id: Id<PoolId>,
    listed: Listed<LedgerFilter>,
) -> ApiResult {
    let LedgerFilter { proposal_id, kind } = listed.filter;
    let filter = EntryFilter { proposal_id, kind };
    let has_reasons = reads_reasons(&caller.claims);
    let scope = context.scope(&caller.claims).await?;
    let page = listed.paging.of("ledger-entries", &(id.0, proposal_id, kind))?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        pool::store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let found = rows::entries(db, id.0, &filter, page, page.after()?).await?;
        let page = page.page(found, |row| row.number);
        let ids: Vec<EntryId> = page.items.iter().map(|row| row.id).collect();
        let mut lines: HashMap<EntryId, Vec<posting::Model>> = rows::lines(db, &ids).await?;
        Ok(page.map(|row| {
            let own = lines.remove(&row.id).unwrap_or_default();
            LedgerEntry::of(row, own).shown(has_reasons)
        }))
    })
    .await
}

/// Gets an entry of a pool's ledger
///
/// With its lines.
#[utoipa::path(tag = "pools", params(("id" = Uuid, Path, description = "The pool"),
           ("number" = i64, Path, description = "The number of the entry", minimum = 1)),
    security(("oauth2" = ["pools:read"])),
    responses((status = 200, description = "The entry", body = LedgerEntry), ReadProblems))]
#[get("/v1/pools/{id}/entries/{number}")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::PoolsRead>,
    context: Data<Context>,
    path: Path<(String, String)>,
) -> ApiResult {
    let (pool_id, number) = entry_of(&path)?;
    let found = service::read(&context, &caller.claims, async |db, scope| {
        pool::store::get(scope, db, pool_id).await?.ok_or_else(Problem::not_found)?;
        let row = rows::by_number(db, pool_id, number).await?.ok_or_else(Problem::not_found)?;
        let own = rows::lines(db, &[row.id]).await?.remove(&row.id).unwrap_or_default();
        Ok(LedgerEntry::of(row, own))
    });
    let shown = found.await?.shown(reads_reasons(&caller.claims));
    // It never changes.
    response::record(&request, 1, &shown)
}

/// What of a lot is in an account of a pool's ledger, for a proposal or for none.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LedgerPosition {
    account: Account,
    lot_id: LotId,
    donor_id: Option<DonorId>,
    #[schema(max_length = 500)]
    donor_name: Option<String>,
    /// Null where it is not promised.
    proposal_id: Option<ProposalId>,
    amount: Money,
    /// False when the lot would no longer be drawn on for the proposal: what it was given for has changed since.
    fits: bool,
}

impl Row for LedgerPosition {
    const COLUMNS: &'static [Column<Self>] = &[
        ("account", |row| row.account.as_str().into()),
        ("lot_id", |row| row.lot_id.into()),
        ("donor_id", |row| row.donor_id.into()),
        ("donor_name", |row| row.donor_name.as_deref().into()),
        ("proposal_id", |row| row.proposal_id.into()),
        ("amount_usd", |row| row.amount.into()),
        ("fits", |row| row.fits.into()),
    ];
}

/// Filters of the list of positions.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PositionFilter {
    /// Only positions of this lot.
    lot_id: Option<LotId>,
    /// Only positions of this proposal.
    proposal_id: Option<ProposalId>,
    /// Only positions in this account.
    #[param(inline)]
    account: Option<Account>,
}

/// A place of a list of positions: the last row of a page.
type Place = (LotId, ProposalId, String);

/// A position as it is read.
#[derive(Debug, FromQueryResult)]
struct Found {
    lot_id: LotId,
    proposal_id: ProposalId,
    account: Account,
    amount: i64,
}

/// Lists the positions of a pool
///
/// What of each lot is available, reserved, allocated, disbursed, spent and returned, for which proposal; by lot.
#[utoipa::path(tag = "pools", params(("id" = Uuid, Path, description = "The pool"), PositionFilter, Paging),
    security(("oauth2" = ["pools:read"])),
    responses((status = 200, description = "The positions", body = Envelope<LedgerPosition>), ReadProblems))]
#[get("/v1/pools/{id}/positions")]
pub(crate) async fn positions(
    request: HttpRequest,
    caller: Caller<perm::PoolsRead>,
    context: Data<Context>,
    id: Id<PoolId>,
    listed: Listed<PositionFilter>,
) -> ApiResult {
    let filter = listed.filter;
    let scope = context.scope(&caller.claims).await?;
    let page = listed.paging.of("ledger-positions", &(id.0, &filter))?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let pool = pool::store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let found = found(db, id.0, &filter, page.limit + 1, page.after()?).await?;
        let page = page.page(found, |row| (row.lot_id, row.proposal_id, row.account.as_str().to_owned()));
        let Named { lots, plans, donors, purposes } = Named::of(db, &pool, &page.items).await?;
        Ok(page.map(|row| {
            let lot = lots.get(&row.lot_id);
            let donor = lot.and_then(|lot| lot.donor_id).and_then(|id| donors.get(&id).cloned());
            let purpose = purposes.get(&row.proposal_id);
            let in_ledger = lot.map(|lot| rows::lot(lot, &plans));
            LedgerPosition {
                account: row.account,
                lot_id: row.lot_id,
                donor_id: lot.and_then(|lot| lot.donor_id),
                donor_name: donor.or_else(|| lot.and_then(|lot| lot.donor_name.clone())),
                proposal_id: rows::proposal(row.proposal_id),
                amount: Money::usd(row.amount),
                fits: in_ledger.zip(purpose).is_none_or(|(lot, purpose)| lot.fits(purpose)),
            }
        }))
    })
    .await
}

/// What a page of positions is shown with.
struct Named {
    lots: BTreeMap<LotId, lot::store::Model>,
    plans: BTreeMap<String, PlanId>,
    donors: BTreeMap<DonorId, String>,
    purposes: BTreeMap<ProposalId, Purpose>,
}

impl Named {
    async fn of(
        db: &impl ConnectionTrait,
        pool: &pool::store::Model,
        listed: &[Found],
    ) -> Result<Self, StoreError> {
        let keys: BTreeSet<LotId> = listed.iter().map(|position| position.lot_id).collect();
        let keys = keys.into_iter().map(Into::into);
        let of_lots = sql::select_by_keys(db, "SELECT * FROM lot WHERE true", vec![], "id", keys).await?;
        let lots: Vec<lot::store::Model> = sql::read(&of_lots)?;
        let references: BTreeSet<String> = lots.iter().flat_map(lot::store::Model::fts_plans).collect();
        let donors: BTreeSet<DonorId> = lots.iter().filter_map(|lot| lot.donor_id).collect();
        let keys: BTreeSet<ProposalId> = listed.iter().map(|position| position.proposal_id).collect();
        let keys = keys.into_iter().map(Into::into);
        let text = "SELECT * FROM promise WHERE true";
        let promised = sql::select_by_keys(db, text, vec![], "proposal_id", keys).await?;
        let mut purposes = BTreeMap::new();
        for row in sql::read::<rows::promise::Model>(&promised)? {
            purposes.insert(row.proposal_id, promise::purpose(&row)?);
        }
        Ok(Self {
            plans: known::plan::by_fts(db, pool.organisation_id, &references).await?,
            donors: known::donor::names(db, &donors).await?,
            lots: lots.into_iter().map(|lot| (lot.id, lot)).collect(),
            purposes,
        })
    }
}

async fn found(
    db: &impl ConnectionTrait,
    pool_id: PoolId,
    filter: &PositionFilter,
    limit: u64,
    after: Option<Place>,
) -> Result<Vec<Found>, StoreError> {
    let mut text =
        "SELECT lot_id, proposal_id, account, amount FROM position WHERE pool_id = $1 AND amount <> 0"
            .to_owned();
    let mut values = params![pool_id];
    let mut and = |column: &str, value: Option<::store::sea_orm::Value>| {
        if let Some(value) = value {
            values.push(value);
            text.push_str(&format!(" AND {column} = ${}", values.len()));
        }
    };
    and("lot_id", filter.lot_id.map(Into::into));
    and("proposal_id", filter.proposal_id.map(Into::into));
    and("account", filter.account.map(Into::into));
    if let Some((lot_id, proposal_id, account)) = after {
        let first = values.len() + 1;
        values.extend(params![lot_id, proposal_id, account]);
        let (second, third) = (first + 1, first + 2);
        text.push_str(&format!(" AND (lot_id, proposal_id, account) > (${first}, ${second}, ${third})"));
    }
    text.push_str(&format!(" ORDER BY lot_id, proposal_id, account LIMIT {limit}"));
    sql::all(db, &text, values).await
}
