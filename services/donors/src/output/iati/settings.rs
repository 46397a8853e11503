//! What the organisation says of itself where it publishes, and what holds for all it publishes.

use super::codes::{AidType, FinanceType, FlowType, TiedStatus};
use crate::registry::donor::IatiOrganisationType;
use ::store::{StoreError, TenantScope};
use actix_web::{HttpRequest, get, put, web::Data};
use auth::{Caller, perm};
use chrono::{DateTime, Utc};
use kernel::{FieldCode, OfficeId, OrganisationId, Problem};
use locale::Language;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Checks, Context, Setting, UncheckedBody, Written,
    openapi::{ReadProblems, UpdateProblems},
    response, setting, write_setting,
};
use utoipa::ToSchema;

/// The settings of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "publication")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub organisation_id: OrganisationId,
    /// The office that wrote them.
    pub office_id: OfficeId,
    pub version: i64,
    pub organisation_ref: String,
    pub organisation_type: IatiOrganisationType,
    pub language: Language,
    pub contact_email: Option<String>,
    pub sector: Option<String>,
    pub flow_type: Option<FlowType>,
    pub finance_type: Option<FinanceType>,
    pub aid_type: Option<AidType>,
    pub tied_status: Option<TiedStatus>,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The publication settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PublicationFields {
    /// The organisation's IATI identifier, the prefix of its activities' identifiers.
    #[schema(example = "XM-DAC-47066", min_length = 1, max_length = 100)]
    organisation_ref: String,
    /// IATI organisation-type code; 40 is multilateral.
    #[schema(example = "40")]
    organisation_type: IatiOrganisationType,
    /// Language of the texts: `en`, `fr` or `es`.
    language: Language,
    /// Contact address for users of the file: an address of the organisation, not of a person.
    #[schema(example = "iati@example.org", max_length = 200)]
    contact_email: Option<String>,
    /// The DAC purpose code for records that state none; without it such records are excluded.
    #[schema(example = "72010", max_length = 5)]
    sector: Option<String>,
    /// Code of the codelist FlowType for all contributions.
    #[schema(example = "10")]
    flow_type: Option<FlowType>,
    /// Code of the codelist FinanceType for all contributions.
    #[schema(example = "110")]
    finance_type: Option<FinanceType>,
    /// Code of the codelist AidType (DAC aid types) for all contributions.
    #[schema(example = "C01")]
    aid_type: Option<AidType>,
    /// Code of the codelist TiedStatus for all contributions.
    #[schema(example = "5")]
    tied_status: Option<TiedStatus>,
}

/// The publication settings; at version 0, before the organisation publishes, there are none.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Publication {
    #[schema(minimum = 0)]
    version: i64,
    /// The organisation's IATI identifier, the prefix of its activities' identifiers.
    #[schema(example = "XM-DAC-47066", max_length = 100)]
    organisation_ref: Option<String>,
    #[schema(example = "40")]
    organisation_type: Option<IatiOrganisationType>,
    /// Language of the texts.
    language: Option<Language>,
    #[schema(example = "iati@example.org", max_length = 200)]
    contact_email: Option<String>,
    #[schema(example = "72010", max_length = 5)]
    sector: Option<String>,
    #[schema(example = "10")]
    flow_type: Option<FlowType>,
    #[schema(example = "110")]
    finance_type: Option<FinanceType>,
    #[schema(example = "C01")]
    aid_type: Option<AidType>,
    #[schema(example = "5")]
    tied_status: Option<TiedStatus>,
    updated_at: Option<DateTime<Utc>>,
}

impl Setting for Publication {
    type Row = Model;
    const RESOURCE: &'static str = "publication";
    const CHANGE: &'static str = "publication.update";

    fn of(row: Option<Model>) -> Result<Self, StoreError> {
        let settings = row.as_ref();
        Ok(Self {
            version: settings.map_or(0, |settings| settings.version),
            organisation_ref: settings.map(|settings| settings.organisation_ref.clone()),
            organisation_type: settings.map(|settings| settings.organisation_type),
            language: settings.map(|settings| settings.language),
            contact_email: settings.and_then(|settings| settings.contact_email.clone()),
            sector: settings.and_then(|settings| settings.sector.clone()),
            flow_type: settings.and_then(|settings| settings.flow_type),
            finance_type: settings.and_then(|settings| settings.finance_type),
            aid_type: settings.and_then(|settings| settings.aid_type),
            tied_status: settings.and_then(|settings| settings.tied_status),
            updated_at: settings.map(|settings| settings.updated_at),
        })
    }

    fn version(&self) -> i64 {
        self.version
    }
}

impl PublicationFields {
    fn settings(self, written: Written) -> Model {
        Model {
            organisation_id: written.organisation_id,
            office_id: written.office_id,
            version: written.version,
            organisation_ref: self.organisation_ref,
            organisation_type: self.organisation_type,
            language: self.language,
            contact_email: self.contact_email,
            sector: self.sector,
            flow_type: self.flow_type,
            finance_type: self.finance_type,
            aid_type: self.aid_type,
            tied_status: self.tied_status,
            updated_at: written.at,
        }
    }
}

/// Staff see it; how an organisation publishes is no matter of its donors'.
pub(super) fn for_staff(scope: &TenantScope) -> Result<(), Problem> {
    if matches!(scope, TenantScope::Offices { .. }) { Ok(()) } else { Err(Problem::not_found()) }
}

/// Gets the publication settings
///
/// At version 0 the fields are empty and nothing is published.
#[utoipa::path(tag = "publication", security(("oauth2" = ["agreements:read"])),
    responses((status = 200, description = "The settings", body = Publication), ReadProblems))]
#[get("/v1/publication")]
pub(crate) async fn read(
    request: HttpRequest,
    caller: Caller<perm::AgreementsRead>,
    context: Data<Context>,
) -> ApiResult {
    service::read(&context, &caller.claims, async |db, scope| {
        for_staff(scope)?;
        let shown: Publication = setting(db, scope.organisation_id()).await?;
        response::record(&request, shown.version, &shown)
    })
    .await
}

/// Updates the publication settings
///
/// Headquarters only. From then on its public agreements and contributions are published in
/// `/v1/public/iati/activities.xml`. Send the ETag of the settings in `If-Match`.
#[utoipa::path(tag = "publication", request_body = PublicationFields, security(("oauth2" = ["donors:write"])),
    params(("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The settings", body = Publication), UpdateProblems))]
#[put("/v1/publication")]
pub(crate) async fn write(
    request: HttpRequest,
    caller: Caller<perm::DonorsWrite>,
    context: Data<Context>,
    body: UncheckedBody<PublicationFields>,
) -> ApiResult {
    write_setting::<Publication>(&context, &request, &caller.claims, |written| {
        Ok(body.checked(check)?.settings(written))
    })
    .await
}

fn check(fields: &PublicationFields, checks: &mut Checks) {
    checks.text("/organisation_ref", &fields.organisation_ref, 100);
    let is_plain = !fields.organisation_ref.contains(|c: char| c.is_whitespace() || "/&|?".contains(c));
    let fault = FieldCode::ForbiddenCharacters.says("must not contain spaces or any of / & | ?");
    checks.require(is_plain, "/organisation_ref", fault.with("characters", "/ & | ?"));
    if let Some(email) = &fields.contact_email {
        checks.text("/contact_email", email, 200);
        let parts = email.split_once('@');
        let is_address = parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
        let is_address = is_address && !email.contains(char::is_whitespace);
        checks.require(is_address, "/contact_email", (FieldCode::NotAnEmail, "is not an e-mail address"));
    }
    if let Some(code) = &fields.sector {
        let is_code = code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_digit());
        checks.require(is_code, "/sector", crate::agreement::terms::NOT_A_PURPOSE_CODE);
    }
}
