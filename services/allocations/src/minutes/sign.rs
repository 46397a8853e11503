//! The signature of minutes: by whoever chairs, who is none of those who drafted them.

use super::{
    api::{MeetingMinutes, MinutesLanguage},
    collect::{collected, typeset},
    store::{self, Model},
};
use crate::{
    committee::{day_in, refusal::person_of, seat, seat::SeatKind, store as committees, trail::trail},
    meeting::{self, Action, transition},
};
use ::store::{TenantScope, audit};
use actix_web::{HttpRequest, post, web::Data};
use auth::{ApiError, Caller, perm};
use chrono::{DateTime, Utc};
use kernel::{Code, MeetingId, PersonId, Problem, Reason};
use sea_orm::ConnectionTrait;
use service::{ApiResult, Changed, Context, Id, Parameters, Precondition, openapi::UpdateProblems};

/// Signs the minutes of a meeting
///
/// For the chair or the vice-chair of the day of the meeting, who drafted none of it (403 for others). The document is
/// kept as it is now, in the language that is asked for, and its SHA-256 with it; from then on the minutes do not
/// change. 429 while a what-if question of the caller is being solved. Send the ETag of the minutes in `If-Match`.
#[utoipa::path(tag = "meetings", security(("oauth2" = ["votes:write"])),
    params(("id" = Uuid, Path, description = "The meeting"),
           ("If-Match" = String, Header, description = "The ETag of the version you read"), MinutesLanguage),
    responses((status = 200, description = "The minutes", body = MeetingMinutes), UpdateProblems))]
#[post("/v1/committee-meetings/{id}/minutes/sign")]
pub(crate) async fn sign(
    request: HttpRequest,
    caller: Caller<perm::VotesWrite>,
    context: Data<Context>,
    id: Id<MeetingId>,
    asked: Parameters<MinutesLanguage>,
) -> ApiResult {
    let language = asked.0.language.unwrap_or_default();
    let person = person_of(&caller.claims)?;
    let (version, now) = (Precondition::of(&request), context.store.clock().now());
    // Typeset before anything is locked: it takes a while, and others write meanwhile.
    let ready = service::read(&context, &caller.claims, async |db, scope| {
        let organisation = TenantScope::Organisation { organisation_id: scope.organisation_id() };
        let found = meeting::store::get(&organisation, db, id.0).await?;
        let meeting = found.ok_or_else(Problem::not_found)?;
        let minutes = store::of(db, meeting.id).await?.ok_or_else(Problem::not_found)?;
        version.check(minutes.version)?;
        let signing = Signing::of(&organisation, db, (meeting, minutes), (person, now)).await?;
        let (meeting, signed) = (signing.meeting.clone(), signing.signed.clone());
        let record =
            db.across_offices(scope, async |all| collected(&organisation, all, meeting, signed).await);
        Ok((signing.before.version, record.await?))
    });
    let (shown, record) = ready.await?;
    let file = typeset(caller.claims.sub, &record, language).await?;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let organisation = TenantScope::Organisation { organisation_id: scope.organisation_id() };
        tx.as_platform(async |tx| {
            let found = meeting::store::get_to_change(&organisation, tx, id.0).await?;
            let meeting = found.ok_or_else(Problem::not_found)?;
            let minutes = store::of(tx.db(), meeting.id).await?.ok_or_else(Problem::not_found)?;
            precondition.check(minutes.version)?;
            if minutes.version != shown {
                return Err(ApiError::from(Problem::new(Code::StaleVersion)));
            }
            let signing = Signing::of(&organisation, tx.db(), (meeting, minutes), (person, now)).await?;
            let Signing { before, signed, meeting: moved } = signing;
            let after = Model { sha256: Some(digest(&file)), ..signed };
            store::keep_file(tx, moved.id, file).await?;
            store::save(tx, &after).await?;
            meeting::store::save(tx, &moved).await?;
            let was = MeetingMinutes::of(moved.id, Some(before))?;
            let is = MeetingMinutes::of(moved.id, Some(after.clone()))?;
            // In the trail of the office of whoever signs, like a vote.
            let own = audit::Subject::from(&after);
            let subject = audit::Subject { office_id: caller.claims.office_id, ..own };
            tx.audit_changed("minutes.sign", subject, &trail(&was)?, &trail(&is)?).await?;
            Ok::<_, ApiError>(Changed::new(after.version, is))
        })
        .await
    })
    .await
}

/// Minutes that a person signs at an instant: as they were, and as they and their meeting are then.
struct Signing {
    before: Model,
    signed: Model,
    meeting: meeting::store::Model,
}

impl Signing {
    /// # Errors
    /// 409 when the minutes are not drafted or are signed already, 403 for a person who may not sign them.
    async fn of(
        scope: &TenantScope,
        db: &impl ConnectionTrait,
        (meeting, before): (meeting::store::Model, Model),
        (person, now): (PersonId, DateTime<Utc>),
    ) -> Result<Self, ApiError> {
        let state = transition(meeting.state, Action::Sign)?;
        check_signatory(scope, db, &meeting, (person, &before)).await?;
        let meeting =
            meeting::store::Model { version: meeting.version + 1, state, updated_at: now, ..meeting };
        let signed = Model {
            version: before.version + 1,
            signed_by: Some(person),
            signed_at: Some(now),
            ..before.clone()
        };
        Ok(Self { before, signed, meeting })
    }
}

/// SHA-256 of a file, hexadecimal.
fn digest(file: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(file))
}

/// Whether a person may sign what another one drafted.
///
/// # Errors
/// 403 otherwise.
async fn check_signatory(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    meeting: &meeting::store::Model,
    (person, minutes): (PersonId, &Model),
) -> Result<(), ApiError> {
    let refused = |reason: Reason, why: &str| Problem::new(Code::Forbidden).because(reason, why);
    let found = committees::get(scope, db, meeting.committee_id).await?;
    let committee = found.ok_or_else(Problem::not_found)?;
    let held = meeting.opened_at.unwrap_or(meeting.starts_at);
    let seats = seat::on(db, committee.id, day_in(&committee.time_zone, held)).await?;
    let chairs = |kind: SeatKind| matches!(kind, SeatKind::Chair | SeatKind::ViceChair);
    if !seats.iter().any(|seat| seat.person_id == person && chairs(seat.kind)) {
        return Err(
            refused(Reason::ChairOnly, "only the chair or the vice-chair of the meeting signs").into()
        );
    }
    if minutes.drafters()?.contains(&person) {
        let why = "nobody who drafted the minutes signs them: another person has to";
        return Err(refused(Reason::SecondPerson, why).into());
    }
    Ok(())
}
