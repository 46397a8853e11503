//! The reversal of an entry of a pool's ledger.

use crate::{
    allocation_event,
    disbursement::store as allocations,
    ledger::{
        self, Cause, CauseKind, Command, LedgerEntryKind,
        api::{LedgerEntry, entry_of},
    },
    pool,
    proposal::{self, State},
    window,
};
use actix_web::{
    HttpRequest, post,
    web::{Data, Path},
};
use auth::{Caller, perm};
use kernel::{Code, Problem};
use serde::Deserialize;
use service::{ApiResult, Checks, Context, Created, JsonBody, openapi::CreateProblems};
use utoipa::ToSchema;

/// Why an entry is reversed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntryReversal {
    /// The reason.
    #[schema(example = "Recorded twice", min_length = 1, max_length = 2000)]
    reason: String,
}

/// Reverses an entry
///
/// Posts the opposite of a disbursement, of what was spent, returned or restored, once: the entry itself stays. 409 when it
/// was reversed before, when what it would take is no longer there, and for entries that follow the donors service or a
/// decision, which are undone by another one.
#[utoipa::path(tag = "pools", request_body = EntryReversal, security(("oauth2" = ["disbursements:write"])),
    params(("id" = Uuid, Path, description = "The pool"),
           ("number" = i64, Path, description = "The number of the entry", minimum = 1),
           ("Idempotency-Key" = Option<String>, Header, description = "Idempotency key: makes retries safe")),
    responses((status = 201, description = "The entry that reverses it", body = LedgerEntry), CreateProblems))]
#[post("/v1/pools/{id}/entries/{number}/reverse")]
pub(crate) async fn reverse(
    request: HttpRequest,
    caller: Caller<perm::DisbursementsWrite>,
    context: Data<Context>,
    path: Path<(String, String)>,
    body: JsonBody<EntryReversal>,
) -> ApiResult {
    let (pool_id, number) = entry_of(&path)?;
    let mut checks = Checks::new();
    checks.required_long_text("/reason", &body.value.reason, 2000);
    checks.finish()?;
    let found = service::read(&context, &caller.claims, async |db, scope| {
        let pool = pool::store::get(scope, db, pool_id).await?.ok_or_else(Problem::not_found)?;
        let entry = ledger::rows::by_number(db, pool_id, number).await?.ok_or_else(Problem::not_found)?;
        Ok((pool, entry))
    });
    let (pool, entry) = found.await?;
    context.headquarters(&caller.claims).await?;
    service::create(&context, &request, &caller.claims, &body.digest, async |tx, scope| {
        let concerned = match entry.proposal_id {
            Some(id) => Some(allocations::to_change(scope, tx, id).await?.0),
            None => None,
        };
        if let Some(row) = &concerned {
            check_state(row.state, entry.kind)?;
        }
        let day = match &concerned {
            Some(row) => window::store::day_of(tx.db(), row.organisation_id, row.window_id, tx.now()).await?,
            None => tx.now().date_naive(),
        };
        let cause = Cause {
            kind: CauseKind::Reversal,
            id: entry.id.as_uuid(),
            sequence: 1,
            day,
            reason: Some(body.value.reason.clone()),
            decision_id: None,
        };
        let posted = ledger::store::post(tx, pool_id, Command::Reverse { entry_id: entry.id }, cause).await?;
        let made =
            ledger::rows::by_number(tx.db(), pool_id, posted.number).await?.ok_or_else(Problem::not_found)?;
        let lines = ledger::rows::lines(tx.db(), &[posted.entry]).await?.remove(&posted.entry);
        let shown = LedgerEntry::of(made, lines.unwrap_or_default());
        if let Some(row) = concerned {
            let row = allocations::touch(tx, row).await?;
            allocation_event::emit(tx, row.id).await?;
        }
        tx.audit_created("pool.reverse", &pool, &shown).await?;
        let location = format!("/v1/pools/{pool_id}/entries/{}", posted.number);
        Ok(Created::new(location, 1, shown))
    })
    .await
}

/// Once an allocation is over, nothing of it is unspent again: what was restored may be on its way again.
fn check_state(state: State, kind: LedgerEntryKind) -> Result<(), Problem> {
    let is_over = matches!(state, State::Closed | State::Cancelled);
    if is_over && kind.is_reversible() && kind != LedgerEntryKind::Restore {
        let fault = proposal::state_fault(state.as_str(), "the allocation is over");
        return Err(Problem::new(Code::Conflict).field("/state", fault));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_spent_stays_spent_once_an_allocation_is_over() {
        use LedgerEntryKind::{Allocate, Disburse, Restore, Return, Spend};
        for kind in [Disburse, Spend, Return] {
            assert!(check_state(State::Disbursing, kind).is_ok());
            assert!(check_state(State::Reporting, kind).is_ok());
            assert_eq!(check_state(State::Closed, kind).unwrap_err().status, 409);
            assert_eq!(check_state(State::Cancelled, kind).unwrap_err().status, 409);
        }
        assert!(check_state(State::Closed, Restore).is_ok());
        assert!(check_state(State::Closed, Allocate).is_ok(), "the ledger refuses it");
    }
}
