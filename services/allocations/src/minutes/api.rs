use super::{
    collect::{collected, typeset},
    compose::Record,
    store::{self, Model, Texts},
};
use crate::{
    committee::{
        refusal::{person_of, unknown},
        seat, store as committees,
        trail::trail,
    },
    meeting::{self, Action, item, transition},
};
use ::store::{StoreError, TenantScope};
use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header,
    put,
    web::{self, Data},
};
use auth::{ApiError, Caller, perm};
use chrono::{DateTime, Utc};
use kernel::{AgendaItemId, FieldCode, MeetingId, PersonId, PrincipalId, Problem};
use locale::Language;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Changed, Checks, Context, Id, JsonBody, Parameters,
    openapi::{ReadProblems, UpdateProblems},
    response,
};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};

/// Items of minutes at most.
const MAX_TEXTS: usize = 400;

/// The minutes of a meeting.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct MeetingMinutes {
    pub(crate) meeting_id: MeetingId,
    /// 0 while nothing is drafted.
    #[schema(minimum = 0)]
    pub(crate) version: i64,
    #[schema(max_items = 400)]
    pub(crate) items: Vec<ItemMinutes>,
    /// What is to be done, by whom.
    #[schema(max_length = 20_000)]
    pub(crate) actions: Option<String>,
    pub(crate) drafted_by: Option<PersonId>,
    pub(crate) drafted_at: Option<DateTime<Utc>>,
    pub(crate) signed_by: Option<PersonId>,
    pub(crate) signed_at: Option<DateTime<Utc>>,
    /// SHA-256 of the PDF that was signed, hexadecimal.
    #[schema(max_length = 64)]
    pub(crate) sha256: Option<String>,
}

/// What minutes say of an item.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemMinutes {
    item_id: AgendaItemId,
    #[schema(max_length = 20_000)]
    text: String,
}

/// A draft of minutes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MinutesDraft {
    /// The discussion of each item; motions and votes are added by the platform.
    #[schema(max_items = 400)]
    items: Vec<ItemMinutes>,
    /// What is to be done, by whom.
    #[schema(max_length = 20_000)]
    actions: Option<String>,
}

/// The language of a document.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MinutesLanguage {
    /// `en`, `fr` or `es`. Defaults to `en`.
    pub(super) language: Option<Language>,
}

impl MeetingMinutes {
    pub(crate) fn of(meeting_id: MeetingId, row: Option<Model>) -> Result<Self, StoreError> {
        let texts = row.as_ref().map(Model::texts).transpose()?.unwrap_or_default();
        let items = texts.into_iter().map(|(item_id, text)| ItemMinutes { item_id, text }).collect();
        Ok(Self {
            meeting_id,
            version: row.as_ref().map_or(0, |row| row.version),
            items,
            actions: row.as_ref().and_then(|row| row.actions.clone()),
            drafted_by: row.as_ref().map(|row| row.drafted_by),
            drafted_at: row.as_ref().map(|row| row.drafted_at),
            signed_by: row.as_ref().and_then(|row| row.signed_by),
            signed_at: row.as_ref().and_then(|row| row.signed_at),
            sha256: row.and_then(|row| row.sha256),
        })
    }
}

/// Gets the minutes of a meeting
///
/// Version 0, without texts, while nothing is drafted.
#[utoipa::path(tag = "meetings", params(("id" = Uuid, Path, description = "The meeting")),
    security(("oauth2" = ["meetings:read"])),
    responses((status = 200, description = "The minutes", body = MeetingMinutes), ReadProblems))]
#[get("/v1/committee-meetings/{id}/minutes")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::MeetingsRead>,
    context: Data<Context>,
    id: Id<MeetingId>,
) -> ApiResult {
    let minutes = service::read(&context, &caller.claims, async |db, scope| {
        let meeting = meeting::store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        Ok(MeetingMinutes::of(meeting.id, store::of(db, meeting.id).await?)?)
    });
    let minutes = minutes.await?;
    response::record(&request, minutes.version, &minutes)
}

/// Drafts the minutes of a meeting
///
/// After it was closed and until they are signed (409 otherwise). Headquarters only. Send the ETag of the minutes in
/// `If-Match`: `"0"` for the first draft.
#[utoipa::path(tag = "meetings", request_body = MinutesDraft, security(("oauth2" = ["meetings:write"])),
    params(("id" = Uuid, Path, description = "The meeting"),
           ("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The minutes", body = MeetingMinutes), UpdateProblems))]
#[put("/v1/committee-meetings/{id}/minutes")]
pub(crate) async fn update(
    request: HttpRequest,
    caller: Caller<perm::MeetingsWrite>,
    context: Data<Context>,
    id: Id<MeetingId>,
    body: JsonBody<MinutesDraft>,
) -> ApiResult {
    let person = person_of(&caller.claims)?;
    context.headquarters(&caller.claims).await?;
    let draft = body.value;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let found = meeting::store::get_to_change(scope, tx, id.0).await?;
        let meeting = found.ok_or_else(Problem::not_found)?;
        let before = store::of(tx.db(), meeting.id).await?;
        let version = before.as_ref().map_or(0, |minutes| minutes.version);
        precondition.check(version)?;
        let state = transition(meeting.state, Action::Draft)?;
        let items = item::of_meeting(tx.db(), meeting.id).await?;
        let texts = checked(&draft, &items)?;
        let mut drafters = before.as_ref().map(Model::drafters).transpose()?.unwrap_or_default();
        drafters.insert(person);
        let now = tx.now();
        let after = Model {
            meeting_id: meeting.id,
            version: version + 1,
            organisation_id: meeting.organisation_id,
            office_id: meeting.office_id,
            texts: store::written(&texts)?,
            actions: draft.actions,
            drafted_by: person,
            drafted_at: now,
            signed_by: None,
            signed_at: None,
            sha256: None,
            drafters: Some(serde_json::to_string(&drafters).map_err(StoreError::from)?),
        };
        store::save(tx, &after).await?;
        let was = MeetingMinutes::of(meeting.id, before)?;
        let moved = meeting::store::Model { version: meeting.version + 1, state, updated_at: now, ..meeting };
        meeting::store::save(tx, &moved).await?;
        let is = MeetingMinutes::of(moved.id, Some(after.clone()))?;
        tx.audit_changed("minutes.draft", &after, &trail(&was)?, &trail(&is)?).await?;
        Ok(Changed::new(after.version, is))
    })
    .await
}

/// The texts of a draft, once nothing is wrong with them.
fn checked(draft: &MinutesDraft, items: &[item::Model]) -> Result<Texts, Problem> {
    let mut checks = Checks::new();
    let known: BTreeSet<AgendaItemId> = items.iter().map(|item| item.id).collect();
    let mut texts = Texts::new();
    for (index, sent) in checks.at_most("/items", &draft.items, MAX_TEXTS).iter().enumerate() {
        let place = |field: &str| format!("/items/{index}/{field}");
        checks.require(known.contains(&sent.item_id), &place("item_id"), unknown("agenda_item"));
        checks.long_text(&place("text"), &sent.text, 20_000);
        let is_new = texts.insert(sent.item_id, sent.text.clone()).is_none();
        checks.require(is_new, &place("item_id"), (FieldCode::Duplicate, "is given twice"));
    }
    checks.optional_long_text("/actions", draft.actions.as_deref(), 20_000);
    checks.finish()?;
    Ok(texts)
}

/// Writes a document.
///
/// # Errors
/// 500 when it cannot be written.
pub(crate) async fn written(document: pdf::Document) -> Result<Vec<u8>, ApiError> {
    let written = web::block(move || pdf::write(&document)).await;
    let written = written.map_err(|error| ApiError::internal(&error))?;
    written.map_err(|error| ApiError::internal(&error))
}

/// Whether somebody has a seat in the committee of a meeting, or had one on its day.
async fn is_of_committee(
    db: &impl ConnectionTrait,
    meeting: &meeting::store::Model,
    (who, now): (PrincipalId, DateTime<Utc>),
) -> Result<bool, StoreError> {
    for at in [meeting.opened_at.unwrap_or(meeting.starts_at), now] {
        let day = committees::day_of(db, meeting.organisation_id, meeting.committee_id, at).await?;
        let seats = seat::on(db, meeting.committee_id, day).await?;
        if seats.iter().any(|seat| PrincipalId::from(seat.person_id) == who) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The minutes of a meeting, to be downloaded.
enum Found {
    /// The document that was signed.
    Signed(Vec<u8>),
    /// What a draft tells.
    Draft(Box<Record>),
}

/// Downloads the minutes of a meeting
///
/// An accessible PDF (PDF/UA-1): the document that was signed, whose SHA-256 the minutes tell, in the language in which
/// it was signed (the document says which), or a draft in the language that is asked for. 404 while nothing is drafted.
/// Of each window whose proposals were dealt with and scored it tells the optimum beside the decisions, as the what-if
/// question of the window does: 429 while a question of the caller is being solved.
#[utoipa::path(tag = "meetings", params(("id" = Uuid, Path, description = "The meeting"), MinutesLanguage),
    security(("oauth2" = ["meetings:read"])),
    responses((status = 200, description = "The minutes", content_type = "application/pdf", body = Vec<u8>),
              ReadProblems))]
#[get("/v1/committee-meetings/{id}/minutes/pdf")]
pub(crate) async fn read(
    caller: Caller<perm::MeetingsRead>,
    context: Data<Context>,
    id: Id<MeetingId>,
    asked: Parameters<MinutesLanguage>,
) -> ApiResult {
    let language = asked.0.language.unwrap_or_default();
    let (who, now) = (caller.claims.sub, context.store.clock().now());
    let at_headquarters = context.is_headquarters(&caller.claims).await?;
    let found = service::read(&context, &caller.claims, async |db, scope| {
        let meeting = meeting::store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        // It tells how the proposals of all offices were scored, and who was recused: nothing for sister offices.
        if !at_headquarters && !is_of_committee(db, &meeting, (who, now)).await? {
            return Err(Problem::not_found().into());
        }
        let number = meeting.number;
        if let Some(signed) = store::file(db, meeting.id).await? {
            return Ok((number, Found::Signed(signed)));
        }
        let minutes = store::of(db, meeting.id).await?.ok_or_else(Problem::not_found)?;
        let organisation = TenantScope::Organisation { organisation_id: scope.organisation_id() };
        // A draft tells what will be signed, whoever reads it.
        let record =
            db.across_offices(scope, async |all| collected(&organisation, all, meeting, minutes).await);
        Ok((number, Found::Draft(Box::new(record.await?))))
    });
    let (number, found) = found.await?;
    let mut answer = HttpResponse::Ok();
    let (bytes, name) = match found {
        Found::Signed(signed) => (signed, format!("minutes-{number}.pdf")),
        Found::Draft(record) => {
            answer.insert_header((header::CONTENT_LANGUAGE, language.as_str()));
            let bytes = typeset(who, &record, language).await?;
            (bytes, format!("minutes-{number}-{}.pdf", language.as_str()))
        }
    };
    Ok(answer
        .content_type("application/pdf")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(bytes))
}
