//! Due dates as a calendar that a calendar program follows (RFC 5545), under a secret address.

use super::report::store::{self, Filter};
use crate::{
    known::{client, representative},
    registry::donor,
};
use ::store::{StoreError, TenantScope, audit, insert_models, list::Conditions, params, person, sql};
use actix_web::{
    HttpRequest, HttpResponse, delete, get,
    http::{StatusCode, header},
    put, web,
};
use auth::{Caller, Claims, Permission, perm};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Days, NaiveDate, Utc};
use kernel::{ClientId, DonorId, OfficeId, OrganisationId, PrincipalId, Problem, ReportKind};
use locale::Language;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Context, JsonBody,
    openapi::{CreateProblems, PublicProblems, ReadProblems},
    response,
};
use std::fmt::Write;
use utoipa::ToSchema;

/// Events of a feed: those of the last year, and all that are ahead.
const PAST_DAYS: Days = Days::new(365);
const MAX_EVENTS: usize = 5000;

/// A new calendar address.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCalendar {
    /// Language of the entries. Defaults to `en`.
    language: Option<Language>,
}

/// A calendar address. Anyone who has it can read the due dates without signing in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Calendar {
    /// The path of the calendar. Returned only once.
    #[schema(example = "/v1/public/calendars/….ics", max_length = 200)]
    path: String,
    created_at: DateTime<Utc>,
}

/// A row of `calendar`.
mod row {
    use kernel::{DonorId, OfficeId, OrganisationId, PrincipalId};
    use locale::Language;
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "calendar")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub principal_id: PrincipalId,
        pub organisation_id: OrganisationId,
        pub office_id: OfficeId,
        pub donor_id: Option<DonorId>,
        pub secret_hash: String,
        pub language: Language,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn hash(secret: &str) -> String {
    service::digest_of(&[secret.as_bytes()])
}

/// Creates a calendar address
///
/// For the report dates that the caller may see: those of the donor for a representative, those of the office and the
/// offices below it for staff and API clients. Each caller has one address; creating a new one ends the former.
#[utoipa::path(tag = "reports", request_body = NewCalendar, security(("oauth2" = ["reports:read"])),
    responses((status = 200, description = "The address", body = Calendar), CreateProblems))]
#[put("/v1/calendar")]
pub(crate) async fn replace(
    request: HttpRequest,
    caller: Caller<perm::ReportsRead>,
    context: web::Data<Context>,
    body: JsonBody<NewCalendar>,
) -> ApiResult {
    let language = body.value.language.unwrap_or(Language::English);
    let claims = &caller.claims;
    let secret = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    // A representative, who only reads, has one too: so not in the caller's scope, and of the caller alone.
    let tx = context.store.system(context.actor(claims, &request)).await?;
    tx.lock(&format!("calendar {}", claims.sub)).await?;
    sql::execute(tx.db(), "DELETE FROM calendar WHERE principal_id = $1", params![claims.sub]).await?;
    let made = Calendar { path: format!("/v1/public/calendars/{secret}.ics"), created_at: tx.now() };
    let row = row::Model {
        principal_id: claims.sub,
        organisation_id: claims.organisation_id,
        office_id: claims.office_id,
        donor_id: claims.donor_id,
        secret_hash: hash(&secret),
        language,
        created_at: made.created_at,
    };
    insert_models(tx.db(), &[row]).await?;
    tx.audit(entry(claims, "calendar.replace")).await?;
    tx.commit().await?;
    response::json(StatusCode::OK, &[("cache-control", "no-store".into())], &made)
}

/// Deletes the caller's calendar address
///
/// Calendar applications that subscribed to it get 404 from then on. The response is the same if the caller had no
/// address.
#[utoipa::path(tag = "reports", security(("oauth2" = ["reports:read"])),
    responses((status = 204, description = "The address was deleted"), ReadProblems))]
#[delete("/v1/calendar")]
pub(crate) async fn remove(
    request: HttpRequest,
    caller: Caller<perm::ReportsRead>,
    context: web::Data<Context>,
) -> ApiResult {
    let tx = context.store.system(context.actor(&caller.claims, &request)).await?;
    let text = "DELETE FROM calendar WHERE principal_id = $1";
    if sql::execute(tx.db(), text, params![caller.claims.sub]).await? > 0 {
        tx.audit(entry(&caller.claims, "calendar.delete")).await?;
    }
    tx.commit().await?;
    Ok(HttpResponse::NoContent().finish())
}

fn entry(claims: &Claims, action: &'static str) -> audit::Entry {
    let subject = audit::Subject {
        resource: "calendar",
        id: claims.sub.as_uuid(),
        organisation_id: claims.organisation_id,
        office_id: claims.office_id,
    };
    audit::Entry { action, subject, before: None, after: None }
}

/// Gets the report due dates as a calendar
///
/// For calendar applications: authenticated by the unguessable address instead of a token. 404 as long as the member of
/// staff who made it is suspended, or has no role in the office, as long as the representative who made it is suspended, or
/// past the last day of access, and as long as the API client that made it acts for another office or without
/// `reports:read`; for good once that client was revoked.
#[utoipa::path(tag = "reports", params(("secret" = String, Path, max_length = 100, description = "The secret of the address, ending in .ics")),
    responses((status = 200, description = "The calendar", content_type = "text/calendar", body = String), PublicProblems))]
#[get("/v1/public/calendars/{secret}")]
pub(crate) async fn read(context: web::Data<Context>, secret: web::Path<String>) -> ApiResult {
    let secret = secret.strip_suffix(".ics").unwrap_or(&secret);
    let db = context.store.system_read().await?;
    let text = "SELECT organisation_id, office_id, donor_id, language, principal_id FROM calendar WHERE secret_hash = $1";
    let row = sql::row(&db, text, params![hash(secret)]).await?.ok_or_else(Problem::not_found)?;
    let language: Language = row.try_get_by_index(3).map_err(StoreError::from)?;
    let (organisation_id, office_id): (OrganisationId, OfficeId) = (
        row.try_get_by_index(0).map_err(StoreError::from)?,
        row.try_get_by_index(1).map_err(StoreError::from)?,
    );
    let principal: PrincipalId = row.try_get_by_index(4).map_err(StoreError::from)?;
    let now = context.store.clock().now();
    let scope = match row.try_get_by_index::<Option<DonorId>>(2).map_err(StoreError::from)? {
        Some(donor_id) => {
            if !still_represents(&db, organisation_id, principal, now.date_naive()).await? {
                return Err(Problem::not_found().into());
            }
            // A donor that was merged into another has that one's dates.
            let own = TenantScope::Donor { organisation_id, donor_id };
            let survivors = donor::store::survivors(&own, &db, vec![donor_id]).await?;
            TenantScope::Donor {
                organisation_id,
                donor_id: survivors.get(&donor_id).copied().unwrap_or(donor_id),
            }
        }
        None => {
            if !still_works(&db, organisation_id, principal, office_id).await? {
                return Err(Problem::not_found().into());
            }
            let office_ids = ::store::office::with_descendants(&db, organisation_id, office_id).await?;
            TenantScope::Offices { organisation_id, office_id, office_ids }
        }
    };
    db.limit_to(&scope).await?;
    let filter = Filter { due_from: Some(now.date_naive() - PAST_DAYS), ..Filter::default() };
    let entries = entries(&db, filter.conditions(&scope)).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/calendar; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "private, max-age=3600"))
        .body(calendar(&entries, language, now)))
}

/// Whether whoever made an address still works in the office, or the client still acts for it: an address must not outlive
/// the access. One who is not known yet does, as in [`still_represents`].
async fn still_works(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    principal: PrincipalId,
    office_id: OfficeId,
) -> Result<bool, StoreError> {
    let id = principal.as_person();
    if person::is_active(db, organisation_id, id).await?.is_some() {
        return Ok(person::held(db, organisation_id, id, office_id).await?.is_some());
    }
    let id = ClientId::from_uuid(principal.as_uuid());
    let may = client::may(db, organisation_id, id, office_id, perm::ReportsRead::NAME).await?;
    Ok(may.unwrap_or(true))
}

/// Whether whoever made an address still speaks for the donor. One who is not known yet does: only somebody with a token of
/// the donor has an address, identity announces every such account (those from before within a minute of its upgrade), and
/// news of a suspension comes the same way. So nothing is open longer than it is for those who are known, while during an
/// upgrade that begins with this service the addresses go on.
async fn still_represents(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    principal: PrincipalId,
    today: NaiveDate,
) -> Result<bool, StoreError> {
    let access = representative::has_access(db, organisation_id, principal.as_person(), today).await?;
    Ok(access.unwrap_or(true))
}

async fn entries(
    db: &impl ConnectionTrait,
    mut conditions: Conditions,
) -> Result<Vec<store::Model>, StoreError> {
    conditions.and_also("r.state <> 'cancelled'");
    let (conditions, values) = conditions.end();
    let text = format!("{} WHERE {conditions} ORDER BY r.due_date, r.id LIMIT {MAX_EVENTS}", store::SELECT);
    store::models(db, &text, values).await
}

/// What a kind of report is called in a calendar or a statement.
pub(crate) fn name_of(kind: ReportKind, language: Language) -> &'static str {
    let names = match kind {
        ReportKind::InterimNarrative => {
            ["Interim narrative report", "Rapport narratif intermédiaire", "Informe narrativo intermedio"]
        }
        ReportKind::InterimFinancial => {
            ["Interim financial report", "Rapport financier intermédiaire", "Informe financiero intermedio"]
        }
        ReportKind::FinalNarrative => {
            ["Final narrative report", "Rapport narratif final", "Informe narrativo final"]
        }
        ReportKind::FinalFinancial => {
            ["Final financial report", "Rapport financier final", "Informe financiero final"]
        }
        ReportKind::CertifiedFinancial => {
            ["Certified financial report", "Rapport financier certifié", "Informe financiero certificado"]
        }
        ReportKind::EightPlusThree => {
            ["Report (8+3 template)", "Rapport (modèle 8+3)", "Informe (modelo 8+3)"]
        }
    };
    names[match language {
        Language::English => 0,
        Language::French => 1,
        Language::Spanish => 2,
    }]
}

/// A calendar of all-day entries (RFC 5545), each a report on its due date.
fn calendar(reports: &[store::Model], language: Language, now: DateTime<Utc>) -> String {
    let mut text = String::new();
    let mut line = |content: String| fold(&mut text, &content);
    for fixed in
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Passerelle//Donor reports//EN", "CALSCALE:GREGORIAN"]
    {
        line(fixed.to_owned());
    }
    let day = |date: NaiveDate| date.format("%Y%m%d").to_string();
    for report in reports {
        let name = name_of(report.kind, language);
        let done = if report.submitted_at.is_some() { "✓ " } else { "" };
        let summary = format!("{done}{name}: {}", report.agreement_reference);
        let about = format!(
            "{}\n{}\n{} – {}",
            report.agreement_title, report.donor_name, report.period_start, report.period_end
        );
        line("BEGIN:VEVENT".to_owned());
        line(format!("UID:{}@passerelle", report.id));
        line(format!("DTSTAMP:{}", now.format("%Y%m%dT%H%M%SZ")));
        line(format!("SEQUENCE:{}", report.version));
        line(format!("DTSTART;VALUE=DATE:{}", day(report.due_date)));
        line(format!("DTEND;VALUE=DATE:{}", day(report.due_date + Days::new(1))));
        line(format!("SUMMARY:{}", escaped(&summary)));
        line(format!("DESCRIPTION:{}", escaped(&about)));
        line("TRANSP:TRANSPARENT".to_owned());
        line("END:VEVENT".to_owned());
    }
    line("END:VCALENDAR".to_owned());
    text
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n").replace('\r', "")
}

/// A content line of at most 75 octets, the rest on lines that begin with a space.
fn fold(text: &mut String, line: &str) {
    let mut length = 0;
    for character in line.chars() {
        if length + character.len_utf8() > 75 {
            text.push_str("\r\n ");
            length = 1;
        }
        let _ = text.write_char(character);
        length += character.len_utf8();
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_between_characters_and_what_people_wrote_is_escaped() {
        let mut text = String::new();
        fold(&mut text, &format!("SUMMARY:{}", "é".repeat(60)));
        assert!(text.split("\r\n").all(|line| line.len() <= 75));
        assert_eq!(text.replace("\r\n ", "").trim_end(), format!("SUMMARY:{}", "é".repeat(60)));
        assert_eq!(escaped("a,b;c\\d\nEND:VEVENT"), "a\\,b\\;c\\\\d\\nEND:VEVENT");
    }
}
