use super::{
    Licence,
    logo::{Image, LogoType, MAX_BYTES},
    store::{self, logo_row},
};
use ::store::{TenantScope, audit};
use actix_web::{
    HttpRequest, HttpResponse, delete, get,
    http::{Uri, header},
    put,
    web::{Data, Payload},
};
use auth::{ApiError, Caller, perm};
use chrono::{DateTime, Utc};
use kernel::{Code, Fault, FieldCode, OfficeId, OrganisationId, Problem};
use locale::Language;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Changed, Checks, Context, UncheckedBody,
    openapi::{PublicProblems, ReadProblems, UpdateProblems},
    response,
};
use utoipa::ToSchema;

/// Maximum number of months after which ended accounts are erased.
const MAX_MONTHS: i32 = 120;

/// What the organisation says of itself, in each language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct About {
    /// In English.
    #[schema(max_length = 5000)]
    en: Option<String>,
    /// In French.
    #[schema(max_length = 5000)]
    fr: Option<String>,
    /// In Spanish.
    #[schema(max_length = 5000)]
    es: Option<String>,
}

/// How long the organisation keeps what it no longer needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Retention {
    /// Months after which the name and the address of an account are erased that was suspended, or whose access has
    /// ended. Null: never.
    #[schema(example = 24, minimum = 1, maximum = 120)]
    accounts_months: Option<i32>,
}

/// The fields of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrganisationFields {
    #[schema(example = "Horizon Migration Agency", min_length = 1, max_length = 200)]
    name: String,
    #[serde(default)]
    about: About,
    /// Public: an address of the organisation, not of a person.
    #[schema(example = "donors@example.org", max_length = 254)]
    contact_email: Option<String>,
    /// Public: a page with further ways to get in touch.
    #[schema(example = "https://www.example.org/contact", max_length = 300)]
    contact_url: Option<String>,
    /// Public.
    #[schema(example = "17 route des Morillons, 1211 Geneva 19", max_length = 500)]
    postal_address: Option<String>,
    /// The licence under which the public data may be used; null if nothing is said of it.
    licence: Option<Licence>,
    /// The language of pages for readers whose language is not known, and of new accounts.
    default_language: Language,
    #[serde(default)]
    retention: Retention,
}

/// A logo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Logo {
    media_type: LogoType,
    /// In pixels.
    #[schema(minimum = 1, maximum = 2000)]
    width: i32,
    /// In pixels.
    #[schema(minimum = 1, maximum = 2000)]
    height: i32,
    /// In bytes.
    #[schema(minimum = 1, maximum = 262144)]
    size: i32,
    updated_at: DateTime<Utc>,
}

/// The organisation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Organisation {
    id: OrganisationId,
    #[schema(minimum = 1)]
    version: i64,
    /// Also the code of its headquarters.
    #[schema(example = "HQ", max_length = 20)]
    code: String,
    #[serde(flatten)]
    fields: OrganisationFields,
    /// Null if there is none.
    logo: Option<Logo>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// The deployment's public organisation, as everyone sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PublicOrganisation {
    id: OrganisationId,
    #[schema(minimum = 1)]
    version: i64,
    #[schema(example = "Horizon Migration Agency", max_length = 200)]
    name: String,
    about: About,
    #[schema(example = "donors@example.org", max_length = 254)]
    contact_email: Option<String>,
    #[schema(example = "https://www.example.org/contact", max_length = 300)]
    contact_url: Option<String>,
    #[schema(example = "17 route des Morillons, 1211 Geneva 19", max_length = 500)]
    postal_address: Option<String>,
    /// The licence under which the public data may be used; null if nothing is said of it.
    licence: Option<Licence>,
    /// Where the text of the licence is.
    #[schema(example = "https://creativecommons.org/licenses/by/4.0/", max_length = 300)]
    licence_url: Option<String>,
    /// The language of pages for readers whose language is not known.
    default_language: Language,
    /// Its file is at `GET /v1/public/organisation/logo`; null if there is none.
    logo: Option<Logo>,
}

impl From<store::LogoFacts> for Logo {
    fn from(facts: store::LogoFacts) -> Self {
        let store::LogoFacts { media_type, width, height, size, updated_at } = facts;
        Self { media_type, width, height, size, updated_at }
    }
}

impl Organisation {
    async fn of(scope: &TenantScope, db: &impl ConnectionTrait, row: store::Model) -> Result<Self, ApiError> {
        let logo = store::logo_facts(scope, db).await?.map(Logo::from);
        let updated_at = row.updated_at.unwrap_or(row.created_at);
        let (id, version, code, created_at) = (row.id, row.version, row.code, row.created_at);
        let fields = OrganisationFields {
            name: row.name,
            about: About { en: row.about_en, fr: row.about_fr, es: row.about_es },
            contact_email: row.contact_email,
            contact_url: row.contact_url,
            postal_address: row.postal_address,
            licence: row.licence,
            default_language: row.default_language,
            retention: Retention { accounts_months: row.accounts_months },
        };
        Ok(Self { id, version, code, fields, logo, created_at, updated_at })
    }
}

impl From<Organisation> for PublicOrganisation {
    fn from(organisation: Organisation) -> Self {
        let Organisation { id, version, fields, logo, .. } = organisation;
        Self {
            id,
            version,
            name: fields.name,
            about: fields.about,
            contact_email: fields.contact_email,
            contact_url: fields.contact_url,
            postal_address: fields.postal_address,
            licence_url: fields.licence.and_then(Licence::url).map(str::to_owned),
            licence: fields.licence,
            default_language: fields.default_language,
            logo,
        }
    }
}

/// Gets the organisation
///
/// The caller's own, for all staff.
#[utoipa::path(tag = "organisation", security(("oauth2" = ["offices:read"])),
    responses((status = 200, description = "The organisation", body = Organisation), ReadProblems))]
#[get("/v1/organisation")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::OfficesRead>,
    context: Data<Context>,
) -> ApiResult {
    service::read(&context, &caller.claims, async |db, scope| {
        let row = store::get(scope, db).await?.ok_or_else(Problem::not_found)?;
        let organisation = Organisation::of(scope, db, row).await?;
        response::record(&request, organisation.version, &organisation)
    })
    .await
}

/// Updates the organisation
///
/// Replaces all fields; the logo stays. Headquarters only. Send the organisation's ETag in `If-Match`.
#[utoipa::path(tag = "organisation", request_body = OrganisationFields,
    security(("oauth2" = ["organisation:write"])),
    params(("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The organisation", body = Organisation), UpdateProblems))]
#[put("/v1/organisation")]
pub(crate) async fn update(
    request: HttpRequest,
    caller: Caller<perm::OrganisationWrite>,
    context: Data<Context>,
    body: UncheckedBody<OrganisationFields>,
) -> ApiResult {
    let office_id = context.headquarters(&caller.claims).await?;
    let fields = body.checked(check)?;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let before = store::get_to_change(scope, tx).await?.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        let after = store::Model {
            version: before.version + 1,
            name: fields.name,
            about_en: fields.about.en,
            about_fr: fields.about.fr,
            about_es: fields.about.es,
            contact_email: fields.contact_email,
            contact_url: fields.contact_url,
            postal_address: fields.postal_address,
            licence: fields.licence,
            default_language: fields.default_language,
            accounts_months: fields.retention.accounts_months,
            updated_at: Some(tx.now()),
            ..before.clone()
        };
        store::update(tx, &after).await?;
        let old = Organisation::of(scope, tx.db(), before).await?;
        let new = Organisation::of(scope, tx.db(), after).await?;
        tx.audit_changed("organisation.update", subject(new.id, office_id), &old, &new).await?;
        Ok(Changed::new(new.version, new))
    })
    .await
}

fn subject(id: OrganisationId, office_id: OfficeId) -> audit::Subject {
    audit::Subject { resource: "organisation", id: id.as_uuid(), organisation_id: id, office_id }
}

fn check(fields: &OrganisationFields, checks: &mut Checks) {
    checks.text("/name", &fields.name, 200);
    let About { en, fr, es } = &fields.about;
    for (language, text) in [("en", en), ("fr", fr), ("es", es)] {
        checks.optional_long_text(&format!("/about/{language}"), text.as_deref(), 5000);
    }
    if let Some(email) = &fields.contact_email {
        checks.email("/contact_email", email);
    }
    if let Some(url) = &fields.contact_url {
        checks.length("/contact_url", url, 300);
        let fault = Fault::wrong_format("https://www.example.org/contact", "is not the address of a page");
        checks.require(is_page(url), "/contact_url", fault);
    }
    checks.optional_long_text("/postal_address", fields.postal_address.as_deref(), 500);
    if let Some(months) = fields.retention.accounts_months {
        checks.within("/retention/accounts_months", months, 1..=MAX_MONTHS);
    }
}

/// Whether it is the address of a page: what a link may lead to, and no script.
fn is_page(text: &str) -> bool {
    let Ok(address) = text.parse::<Uri>() else { return false };
    let is_web = address.scheme_str().is_some_and(|scheme| ["http", "https"].contains(&scheme));
    is_web && address.host().is_some_and(|host| !host.is_empty())
}

/// Sets the logo
///
/// A PNG, JPEG or WebP file of at most 256 KiB and 2,000 pixels each way. Headquarters only. Send the organisation's ETag in
/// `If-Match`.
#[utoipa::path(tag = "organisation", security(("oauth2" = ["organisation:write"])),
    request_body(content((String = "image/png"), (String = "image/jpeg"), (String = "image/webp"))),
    extensions(("x-body-limit" = json!(262_144))),
    params(("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The organisation", body = Organisation), UpdateProblems))]
#[put("/v1/organisation/logo")]
pub(crate) async fn put_logo(
    request: HttpRequest,
    caller: Caller<perm::OrganisationWrite>,
    context: Data<Context>,
    payload: Payload,
) -> ApiResult {
    let office_id = context.headquarters(&caller.claims).await?;
    let declared = media_type(&request)?;
    let content = service::receive_bytes(payload, MAX_BYTES).await?;
    let image = Image::of(&content, declared).map_err(|fault| Problem::invalid_field("/file", fault))?;
    let size = i32::try_from(content.len()).map_err(|error| ApiError::internal(&error))?;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let before = store::get_to_change(scope, tx).await?.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        let old = Organisation::of(scope, tx.db(), before.clone()).await?;
        let row = logo_row::Model {
            organisation_id: before.id,
            media_type: image.media_type,
            width: image.width,
            height: image.height,
            size,
            content,
            updated_at: tx.now(),
        };
        store::save_logo(tx, row).await?;
        let after = next(&before, tx.now());
        store::update(tx, &after).await?;
        let new = Organisation::of(scope, tx.db(), after).await?;
        tx.audit_changed("organisation.logo", subject(new.id, office_id), &old, &new).await?;
        Ok(Changed::new(new.version, new))
    })
    .await
}

/// Downloads the logo
///
/// Of the caller's organisation; 404 if there is none.
#[utoipa::path(tag = "organisation", security(("oauth2" = ["offices:read"])),
    responses((status = 200, description = "The logo", content(
        (String = "image/png"), (String = "image/jpeg"), (String = "image/webp"))), ReadProblems))]
#[get("/v1/organisation/logo")]
pub(crate) async fn get_own_logo(caller: Caller<perm::OfficesRead>, context: Data<Context>) -> ApiResult {
    service::read(&context, &caller.claims, async |db, scope| {
        let logo = store::get_logo(scope, db).await?.ok_or_else(Problem::not_found)?;
        Ok(file(logo))
    })
    .await
}

/// Removes the logo
///
/// Headquarters only. Send the organisation's ETag in `If-Match`.
#[utoipa::path(tag = "organisation", security(("oauth2" = ["organisation:write"])),
    params(("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The organisation", body = Organisation), UpdateProblems))]
#[delete("/v1/organisation/logo")]
pub(crate) async fn delete_logo(
    request: HttpRequest,
    caller: Caller<perm::OrganisationWrite>,
    context: Data<Context>,
) -> ApiResult {
    let office_id = context.headquarters(&caller.claims).await?;
    service::change(&context, &request, &caller.claims, async |tx, scope, precondition| {
        let before = store::get_to_change(scope, tx).await?.ok_or_else(Problem::not_found)?;
        precondition.check(before.version)?;
        let old = Organisation::of(scope, tx.db(), before.clone()).await?;
        store::remove_logo(tx, before.id).await?;
        let after = next(&before, tx.now());
        store::update(tx, &after).await?;
        let new = Organisation::of(scope, tx.db(), after).await?;
        tx.audit_changed("organisation.logo", subject(new.id, office_id), &old, &new).await?;
        Ok(Changed::new(new.version, new))
    })
    .await
}

fn next(before: &store::Model, now: DateTime<Utc>) -> store::Model {
    store::Model { version: before.version + 1, updated_at: Some(now), ..before.clone() }
}

/// The type that a file came as.
fn media_type(request: &HttpRequest) -> Result<LogoType, Problem> {
    let stated = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence =
        stated.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.parse().map_err(|_| {
        let fault = FieldCode::MediaType.says("this operation accepts only PNG, JPEG and WebP images");
        let allowed = LogoType::ALL.iter().map(|known| known.as_str()).collect::<Vec<_>>().join(", ");
        Problem::new(Code::UnsupportedMediaType).field("content-type", fault.with("allowed", allowed))
    })
}

/// The scope of the public organisation, and the version of what everyone sees of it.
async fn present(context: &Context) -> Result<(TenantScope, String), ApiError> {
    service::read_public(context, async |db, scope| {
        let row = store::get(scope, db).await?.ok_or_else(Problem::not_found)?;
        Ok((scope.clone(), format!("{} {}", row.id, row.version)))
    })
    .await
}

/// Gets the public organisation
///
/// The organisation whose records the public pages show: its name, what it says of itself, how to get in touch, and the
/// licence of the public data. 404 while there is none.
#[utoipa::path(tag = "public",
    responses((status = 200, description = "The organisation", body = PublicOrganisation), PublicProblems))]
#[get("/v1/public/organisation")]
pub(crate) async fn get_public(request: HttpRequest, context: Data<Context>) -> ApiResult {
    let (scope, version) = present(&context).await?;
    service::cached(&context, &request, &version, async || {
        service::read_within(&context, &scope, async |db| {
            let row = store::get(&scope, db).await?.ok_or_else(Problem::not_found)?;
            let shown = PublicOrganisation::from(Organisation::of(&scope, db, row).await?);
            response::json(actix_web::http::StatusCode::OK, &[], &shown)
        })
        .await
    })
    .await
}

/// Downloads the logo of the public organisation
///
/// 404 if there is none.
#[utoipa::path(tag = "public",
    responses((status = 200, description = "The logo", content(
        (String = "image/png"), (String = "image/jpeg"), (String = "image/webp"))), PublicProblems))]
#[get("/v1/public/organisation/logo")]
pub(crate) async fn get_logo(request: HttpRequest, context: Data<Context>) -> ApiResult {
    let (scope, version) = present(&context).await?;
    service::cached(&context, &request, &version, async || {
        service::read_within(&context, &scope, async |db| {
            let logo = store::get_logo(&scope, db).await?.ok_or_else(Problem::not_found)?;
            Ok(file(logo))
        })
        .await
    })
    .await
}

/// An image and nothing else: where a browser opens it as a page, it may load and run nothing.
fn file(logo: logo_row::Model) -> HttpResponse {
    let name = format!("inline; filename=\"{}\"", logo.media_type.file_name());
    HttpResponse::Ok()
        .content_type(logo.media_type.as_str())
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(logo.content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_on_the_web_and_no_script() {
        for right in ["https://www.example.org", "http://example.org/contact?from=passerelle#form"] {
            assert!(is_page(right), "{right}");
        }
        for wrong in [
            "javascript:alert(1)",
            "www.example.org",
            "https://",
            "/contact",
            "ftp://example.org",
            "https://a b",
        ] {
            assert!(!is_page(wrong), "{wrong}");
        }
    }
}
