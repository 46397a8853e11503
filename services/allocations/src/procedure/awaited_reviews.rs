//! The proposals that wait for a reviewer's score sheet.

use super::window_steps::is_reviewing;
use crate::{
    committee::{refusal::person_of, seat::SeatKind},
    proposal::{self, shown::AllocationProposal},
    window,
};
use ::store::{StoreError, params, sql};
use actix_web::{HttpRequest, get, web::Data};
use auth::{Caller, perm};
use chrono::{DateTime, Utc};
use kernel::{OrganisationId, PersonId, ProposalId};
use sea_orm::ConnectionTrait;
use service::{ApiResult, Context, Envelope, Paging, Parameters, openapi::ReadProblems};

/// Lists the proposals that wait for the caller's score sheet
///
/// Eligible ones, of windows that ask for reviews and are being reviewed, whose committee the caller sits in; without those
/// that the caller has scored or has a conflict of interest in. Newest first, of whichever office. For people (403 for API
/// clients).
#[utoipa::path(tag = "allocation proposals", params(Paging), security(("oauth2" = ["scores:write"])),
    responses((status = 200, description = "The proposals", body = Envelope<AllocationProposal>), ReadProblems))]
#[get("/v1/awaited-reviews")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::ScoresWrite>,
    context: Data<Context>,
    paging: Parameters<Paging>,
) -> ApiResult {
    let person = person_of(&caller.claims)?;
    let now = context.store.clock().now();
    let scope = context.scope(&caller.claims).await?;
    let page = paging.0.of("awaited-reviews", &(scope.organisation_id(), person))?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let (organisation_id, after, limit) = (scope.organisation_id(), page.after()?, page.limit + 1);
        let rows = db.across_offices(scope, async |all| {
            awaited(all, organisation_id, (person, now), (after, limit)).await
        });
        let rows = rows.await?;
        Ok(page.page(rows, |row| row.id).map(AllocationProposal::from))
    })
    .await
}

/// The windows that a person reviews proposals of at an instant.
async fn reviewed(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    (person, now): (PersonId, DateTime<Utc>),
) -> Result<Vec<window::store::Model>, StoreError> {
    let text = "SELECT * FROM allocation_window
                WHERE organisation_id = $1 AND state IN ('open', 'scoring', 'deliberation') ORDER BY id";
    let open: Vec<window::store::Model> = sql::all(db, text, params![organisation_id]).await?;
    let mut reviewed = Vec::new();
    for window in open {
        if !is_reviewing(&window) || window.fields()?.reviews_needed < 1 {
            continue;
        }
        let seats = window::store::seats(db, &window, now).await?;
        if seats.iter().any(|seat| seat.person_id == person && seat.kind != SeatKind::Observer) {
            reviewed.push(window);
        }
    }
    Ok(reviewed)
}

/// The proposals that wait for a person's sheet, newest first.
async fn awaited(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    (person, now): (PersonId, DateTime<Utc>),
    (after, limit): (Option<ProposalId>, u64),
) -> Result<Vec<proposal::store::Model>, StoreError> {
    let windows = reviewed(db, organisation_id, (person, now)).await?;
    if windows.is_empty() {
        return Ok(Vec::new());
    }
    let mut values = params![organisation_id, person];
    let mut places = Vec::new();
    for window in &windows {
        values.push(window.id.into());
        places.push(format!("${}", values.len()));
    }
    let mut text = format!(
        "SELECT p.* FROM allocation_proposal p
         WHERE p.organisation_id = $1 AND p.state = 'eligible' AND p.window_id IN ({})
           AND NOT EXISTS (SELECT 1 FROM score_sheet s
                           WHERE s.proposal_id = p.id AND s.person_id = $2 AND s.submitted_at IS NOT NULL)
           AND NOT EXISTS (SELECT 1 FROM proposal_conflict c
                           WHERE c.proposal_id = p.id AND c.person_id = $2 AND c.lifted_at IS NULL)",
        places.join(", ")
    );
    if let Some(after) = after {
        values.push(after.into());
        text.push_str(&format!(" AND p.id < ${}", values.len()));
    }
    text.push_str(&format!(" ORDER BY p.id DESC LIMIT {limit}"));
    sql::all(db, &text, values).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        committee::DecidedBy,
        conflict,
        decision::testing::{ORGANISATION, World, seat_of},
        score,
        window::{fields_check::tests::window as fields, store::tests::blank},
    };
    use ::store::TenantTx;
    use kernel::{Clock, ConflictId, PrincipalId, ScoreSheetId};

    fn submitted(
        proposal: &proposal::store::Model,
        person_id: PersonId,
        now: DateTime<Utc>,
    ) -> score::store::Model {
        score::store::Model {
            id: ScoreSheetId::from_u128(1),
            version: 1,
            organisation_id: proposal.organisation_id,
            window_id: proposal.window_id,
            proposal_id: proposal.id,
            person_id,
            answers: "[]".to_owned(),
            points: Some(7_000),
            submitted_at: Some(now),
            struck: None,
            struck_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    fn declared(
        proposal: &proposal::store::Model,
        person_id: PersonId,
        now: DateTime<Utc>,
    ) -> conflict::store::Model {
        conflict::store::Model {
            id: ConflictId::from_u128(1),
            version: 1,
            organisation_id: proposal.organisation_id,
            office_id: proposal.office_id,
            proposal_id: proposal.id,
            person_id,
            ground: conflict::Ground::Declared,
            reason: None,
            recorded_by: PrincipalId::nil(),
            recorded_at: now,
            lifted_by: None,
            lifted_at: None,
            lift_reason: None,
        }
    }

    #[tokio::test]
    async fn a_sheet_is_awaited_until_it_is_submitted_unless_there_is_a_conflict() {
        let world = World::new(DecidedBy::Committee).await;
        let now = world.clock.now();
        let window = window::store::Model {
            state: window::State::Scoring,
            committee_id: world.committee.id,
            ..blank().with(&fields()).unwrap()
        };
        let proposal = proposal::store::tests::row(proposal::State::Eligible);
        let mut tx = world.begin().await;
        window::store::insert(&mut tx, &window).await.unwrap();
        proposal::store::insert(&tx, &proposal).await.unwrap();
        let [scored, recused, other] = [1, 2, 3].map(|number| seat_of(number).1);
        let awaited_of = async |tx: &TenantTx, person: PersonId| {
            let found = awaited(tx.db(), ORGANISATION, (person, now), (None, 10)).await.unwrap();
            found.len()
        };
        assert_eq!((awaited_of(&tx, scored).await, awaited_of(&tx, recused).await), (1, 1));
        assert_eq!(awaited_of(&tx, PersonId::from_u128(999)).await, 0, "who has no seat");
        score::store::save(&tx, &submitted(&proposal, scored, now)).await.unwrap();
        conflict::store::save(&tx, &declared(&proposal, recused, now)).await.unwrap();
        let each =
            (awaited_of(&tx, scored).await, awaited_of(&tx, recused).await, awaited_of(&tx, other).await);
        assert_eq!(each, (0, 0, 1));
        let page = awaited(tx.db(), ORGANISATION, (other, now), (Some(proposal.id), 10)).await.unwrap();
        assert!(page.is_empty(), "it was on the page before");
        let closed = window::store::Model { state: window::State::Closed, ..window };
        window::store::save(&mut tx, &closed).await.unwrap();
        assert_eq!(awaited_of(&tx, other).await, 0, "nothing is reviewed any more");
        tx.commit().await.unwrap();
    }
}
