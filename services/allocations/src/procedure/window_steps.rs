//! What moves a window on.

use crate::window::{
    Action, Kind, State,
    api::{AllocationWindow, WindowRecord, check_money, record},
    state_fault,
    store::{self, Model},
    transition,
};
use crate::{
    circulation,
    committee::seat::SeatKind,
    decision, ledger, motion,
    notice::{self, Notice},
};
use ::store::TenantTx;
use actix_web::{HttpRequest, post, web::Data};
use auth::{ApiError, Caller, Claims, perm};
use kernel::{AllocationNoticeKind, Code, FieldCode, Money, Problem, WindowId};
use service::{ApiResult, Changed, Context, Id, openapi::UpdateProblems};

impl Action {
    const fn audit_name(self) -> &'static str {
        match self {
            Action::Open => "allocation_window.open",
            Action::Score => "allocation_window.score",
            Action::Deliberate => "allocation_window.deliberate",
            Action::Close => "allocation_window.close",
            Action::Cancel => "allocation_window.cancel",
        }
    }
}

async fn step(
    request: &HttpRequest,
    context: &Context,
    claims: &Claims,
    id: WindowId,
    action: Action,
) -> ApiResult {
    context.headquarters(claims).await?;
    service::change(context, request, claims, async |tx, scope, precondition| {
        let before = store::get_to_change(scope, tx, id).await?.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        let state = transition(before.kind, before.state, action)?;
        guard(tx, &before, action).await?;
        let after = Model { version: before.version + 1, state, updated_at: tx.now(), ..before.clone() };
        store::save(tx, &after).await?;
        match action {
            // As it is written, it holds a part of the pool: that has to be there.
            Action::Open => check_money(tx, &after).await?,
            Action::Deliberate => super::proposal_steps::end_reviews(tx, &after).await?,
            Action::Close | Action::Cancel => super::proposal_steps::lapse_all(tx, &after).await?,
            Action::Score => ask_reviewers(tx, &after).await?,
        }
        let (old, new) = (AllocationWindow::try_from(before)?, AllocationWindow::try_from(after.clone())?);
        tx.audit_changed(action.audit_name(), &after, &old, &new).await?;
        Ok(Changed::new(after.version, record(tx.db(), after).await?))
    })
    .await
}

/// Tells the members of the committee that proposals wait for their scores.
async fn ask_reviewers(tx: &mut TenantTx, window: &Model) -> Result<(), ApiError> {
    let seats = store::seats(tx.db(), window, tx.now()).await?;
    let reviewers = seats.into_iter().filter(|seat| seat.kind != SeatKind::Observer);
    let asked = Notice {
        organisation_id: window.organisation_id,
        office_id: window.office_id,
        kind: AllocationNoticeKind::ReviewAsked,
        record_id: window.id.as_uuid(),
        title: window.title.clone(),
    };
    Ok(notice::to_people(tx, &asked, reviewers.map(|seat| seat.person_id)).await?)
}

/// What has to be so before a step.
async fn guard(tx: &TenantTx, window: &Model, action: Action) -> Result<(), ApiError> {
    let refused = |pointer: &str, why: &str| -> Result<(), ApiError> {
        let fault = state_fault(window.state.as_str(), why.to_owned());
        Err(Problem::new(Code::Conflict).field(pointer, fault).into())
    };
    if matches!(action, Action::Close | Action::Cancel) && is_deciding(tx, window.id).await? {
        return refused("/state", "a vote on a proposal is open, or the head's answer to one is awaited");
    }
    match action {
        Action::Open if window.closes_at <= tx.now() => {
            refused("/closes_at", "is past: move it before the window opens")
        }
        Action::Open if !window.fields()?.strategy.is_written() => {
            let fault =
                FieldCode::Required.says("is required before the window opens, in one language at least");
            Err(Problem::new(Code::Conflict).field("/strategy", fault).into())
        }
        Action::Score if tx.now() < window.closes_at => {
            refused("/closes_at", "is still to come: offices may send proposals until then")
        }
        Action::Cancel => {
            let promised = ledger::promise::of_window(tx.db(), window.id).await?;
            if promised == 0 {
                return Ok(());
            }
            let why = "money is promised in this window: withdraw it first";
            let fault = state_fault(window.state.as_str(), why.to_owned()).amount(Money::usd(promised));
            Err(Problem::new(Code::Conflict).field("/state", fault).into())
        }
        Action::Open | Action::Score | Action::Deliberate | Action::Close => Ok(()),
    }
}

/// Whether something is decided on a proposal of a window at this moment.
async fn is_deciding(tx: &TenantTx, id: WindowId) -> Result<bool, ApiError> {
    Ok(motion::store::is_open_in_window(tx.db(), id).await?
        || circulation::store::is_open_in_window(tx.db(), id).await?
        || decision::store::is_awaited_in_window(tx.db(), id).await?)
}

macro_rules! steps {
    ($($(#[$doc:meta])* $handler:ident $path:literal $action:ident;)+) => {
        $($(#[$doc])*
        #[utoipa::path(tag = "allocation windows", security(("oauth2" = ["windows:write"])),
            params(("id" = Uuid, Path, description = "The window"),
                   ("If-Match" = String, Header, description = "The ETag of the version you read")),
            responses((status = 200, description = "The window", body = WindowRecord), UpdateProblems))]
        #[post($path)]
        pub(crate) async fn $handler(
            request: HttpRequest,
            caller: Caller<perm::WindowsWrite>,
            context: Data<Context>,
            id: Id<WindowId>,
        ) -> ApiResult {
            step(&request, &context, &caller.claims, id.0, Action::$action).await
        })+
    };
}

steps! {
    /// Opens an allocation window
    ///
    /// Headquarters only. From here on its criteria are frozen, and its envelope is held for it: 409 at `/envelope` when the
    /// pool has not that much left beside the other open windows. It needs a strategy paper and a call that ends later. Send
    /// the window's ETag in `If-Match`.
    open "/v1/allocation-windows/{id}/open" Open;
    /// Begins the scoring of a standard window
    ///
    /// Headquarters only, once the call has ended (409 before). Send the window's ETag in `If-Match`.
    score "/v1/allocation-windows/{id}/score" Score;
    /// Begins the deliberation of a standard window
    ///
    /// Headquarters only, from the state `scoring`. Sheets that are begun and not submitted are not waited for any
    /// more. Send the window's ETag in `If-Match`.
    deliberate "/v1/allocation-windows/{id}/deliberate" Deliberate;
    /// Closes an allocation window
    ///
    /// Headquarters only: a standard window after the deliberation, a reserve window while it is open; not while a vote
    /// on one of its proposals is open, or the head's answer is awaited (409). Proposals that were sent and are not
    /// decided on, or were deferred, lapse; what of the envelope was not promised is free for other windows. Send the
    /// window's ETag in `If-Match`.
    close "/v1/allocation-windows/{id}/close" Close;
    /// Cancels an allocation window
    ///
    /// Headquarters only, while nothing is promised in it and no vote on one of its proposals is open (409 otherwise).
    /// Proposals that were sent lapse. Send the window's ETag in `If-Match`.
    cancel "/v1/allocation-windows/{id}/cancel" Cancel;
}

/// Whether proposals are taken in a window at an instant.
///
/// # Errors
/// 409 at `/window_id`: not open yet or any more, or at or after its closing instant.
pub(crate) fn takes_proposals(window: &Model, now: chrono::DateTime<chrono::Utc>) -> Result<(), Problem> {
    let why = match window.state {
        State::Open if now < window.opens_at => "takes proposals from its opening instant on",
        State::Open if now >= window.closes_at => "has taken proposals until its closing instant",
        State::Open => return Ok(()),
        State::Draft | State::Scoring | State::Deliberation | State::Closed | State::Cancelled => {
            "is not open for proposals"
        }
    };
    let fault = state_fault(window.state.as_str(), why.to_owned());
    Err(Problem::new(Code::Conflict).field("/window_id", fault))
}

/// Whether proposals of a window may be reviewed and put on a shortlist now: of a standard window once its call has
/// ended, so that all are judged together.
pub(crate) fn is_reviewing(window: &Model) -> bool {
    match window.kind {
        Kind::Standard => matches!(window.state, State::Scoring | State::Deliberation),
        Kind::Reserve => window.state == State::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::{fields_check::tests::window, store::tests::blank};

    #[test]
    fn proposals_are_taken_from_the_opening_instant_to_just_before_the_closing_one() {
        let opened = Model { state: State::Open, ..blank().with(&window()).unwrap() };
        for (at, is_taken) in [
            ("2026-02-01T07:59:59.999999Z", false),
            ("2026-02-01T08:00:00Z", true),
            ("2026-03-01T16:59:59.999999Z", true),
            ("2026-03-01T17:00:00Z", false),
            ("2026-03-01T18:30:00+01:00", false),
            ("2026-03-01T17:30:00+01:00", true),
        ] {
            assert_eq!(takes_proposals(&opened, at.parse().unwrap()).is_ok(), is_taken, "{at}");
        }
        assert!(!is_reviewing(&opened), "the call is still open");
        assert!(is_reviewing(&Model { kind: Kind::Reserve, ..opened.clone() }));
        let scoring = Model { state: State::Scoring, ..opened };
        assert_eq!(
            takes_proposals(&scoring, "2026-02-10T08:00:00Z".parse().unwrap()).unwrap_err().status,
            409
        );
        assert!(is_reviewing(&scoring));
        assert!(!is_reviewing(&Model { kind: Kind::Reserve, ..scoring }));
    }
}
