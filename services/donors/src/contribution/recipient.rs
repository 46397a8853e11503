//! Who the organisation is where money is reported: its names and its ids in FTS, a setting. A record of its own is ours
//! whatever they are; a flow that FTS reports is ours when the organisation alone receives it.

use super::ours;
use crate::to_link;
use ::store::{StoreError, TenantScope, Transaction, office};
use actix_web::{HttpRequest, get, http::StatusCode, put, web::Data};
use auth::{Caller, perm};
use chrono::{DateTime, Utc};
use events::FlowObject;
use kernel::{
    FieldCode, OrganisationId, Problem,
    text::{on_one_line, search_key},
};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Checks, Context, JsonBody, Setting,
    openapi::{ReadProblems, UpdateProblems},
    response, setting, write_setting,
};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Maximum number of names, and of ids.
const MAX_ENTRIES: usize = 20;

/// Who the organisation is where money is reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct RecipientSetting {
    /// 0 if headquarters has set nothing: then the name is the organisation's own.
    #[schema(minimum = 0)]
    version: i64,
    #[serde(flatten)]
    fields: RecipientFields,
    updated_at: Option<DateTime<Utc>>,
}

/// The fields of the setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecipientFields {
    /// The names under which the organisation receives money. Case, accents, punctuation and white space make no
    /// difference.
    #[schema(example = json!(["International Organization for Migration"]), max_items = 20,
        value_type = Vec<kernel::items::OrganisationName>)]
    names: Vec<String>,
    /// Its ids as an organisation of OCHA's Financial Tracking Service.
    #[schema(example = json!(["2986"]), max_items = 20, value_type = Vec<kernel::items::Reference>)]
    fts_organisation_ids: Vec<String>,
}

/// A row of `recipient`.
mod row {
    use kernel::OrganisationId;
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "recipient")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation_id: OrganisationId,
        pub version: i64,
        /// The names, as a JSON list.
        pub names: String,
        /// The ids, as a JSON list.
        pub fts_organisation_ids: String,
        pub updated_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The organisation as flows are compared with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Us {
    /// As they are matched.
    names: BTreeSet<String>,
    ids: BTreeSet<String>,
}

impl Us {
    /// An organisation of these names and ids.
    pub(crate) fn new<'a>(
        names: impl IntoIterator<Item = &'a str>,
        ids: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let names = names.into_iter().map(search_key).filter(|name| !name.is_empty()).collect();
        Self { names, ids: ids.into_iter().map(|id| id.trim().to_owned()).collect() }
    }

    /// Whether it is called so.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.names.contains(&search_key(name))
    }

    /// Whether a flow goes to it alone: all organisations among the destinations, and there is one, are this one.
    pub(crate) fn receives(&self, destination: &[FlowObject]) -> bool {
        let mut organisations =
            destination.iter().filter(|object| object.kind == FlowObject::ORGANISATION).peekable();
        let is_us = |object: &FlowObject| self.ids.contains(&object.id) || self.is_called(&object.name);
        organisations.peek().is_some() && organisations.all(is_us)
    }
}

impl RecipientSetting {
    pub(crate) fn us(&self) -> Us {
        let RecipientFields { names, fts_organisation_ids } = &self.fields;
        Us::new(names.iter().map(String::as_str), fts_organisation_ids.iter().map(String::as_str))
    }

    /// What records are compared with, as a text: another one after each change, also one that changes no name.
    pub(super) fn wanted(&self) -> Result<String, StoreError> {
        Ok(serde_json::to_string(&(self.version, self.us()))?)
    }
}

impl Setting for RecipientSetting {
    type Row = row::Model;
    const RESOURCE: &'static str = "recipient";
    const CHANGE: &'static str = "recipient.update";

    fn of(row: Option<row::Model>) -> Result<Self, StoreError> {
        let Some(row) = row else {
            let fields = RecipientFields { names: Vec::new(), fts_organisation_ids: Vec::new() };
            return Ok(Self { version: 0, fields, updated_at: None });
        };
        let fields = RecipientFields {
            names: serde_json::from_str(&row.names)?,
            fts_organisation_ids: serde_json::from_str(&row.fts_organisation_ids)?,
        };
        Ok(Self { version: row.version, fields, updated_at: Some(row.updated_at) })
    }

    fn version(&self) -> i64 {
        self.version
    }
}

/// An organisation's setting; its own name, while it has set nothing.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
) -> Result<RecipientSetting, StoreError> {
    let mut found: RecipientSetting = setting(db, organisation_id).await?;
    if found.version == 0 {
        found.fields.names.extend(office::organisation_name(db, organisation_id).await?);
    }
    Ok(found)
}

/// The lock between those who write reported flows and a new comparison of all of them.
pub(super) fn lock_name(organisation_id: OrganisationId) -> String {
    format!("recipient of {organisation_id}")
}

/// The organisation, for a transaction that writes reported flows: no comparison with another setting begins before it
/// has ended. Taken before any row is locked.
pub(crate) async fn held(tx: &Transaction, organisation_id: OrganisationId) -> Result<Us, StoreError> {
    tx.lock_shared(&lock_name(organisation_id)).await?;
    Ok(find(tx.db(), organisation_id).await?.us())
}

/// Staff see it; it is no matter of the donors.
fn for_staff(scope: &TenantScope) -> Result<(), Problem> {
    if matches!(scope, TenantScope::Donor { .. }) { Err(Problem::not_found()) } else { Ok(()) }
}

/// Gets who the organisation is where money is reported
///
/// A flow that a source such as FTS reports is the organisation's own when it is the only recipient, by one of these names
/// or ids. At version 0 headquarters has set nothing, and the name is the organisation's. Staff only: 404 for donor
/// representatives.
#[utoipa::path(tag = "contributions", security(("oauth2" = ["agreements:read"])),
    responses((status = 200, description = "The setting", body = RecipientSetting), ReadProblems))]
#[get("/v1/recipient")]
pub(crate) async fn read(
    request: HttpRequest,
    caller: Caller<perm::AgreementsRead>,
    context: Data<Context>,
) -> ApiResult {
    service::read(&context, &caller.claims, async |db, scope| {
        for_staff(scope)?;
        let setting = find(db, caller.claims.organisation_id).await?;
        response::record(&request, setting.version, &setting)
    })
    .await
}

/// Gets how far reported flows have been compared
///
/// After each change of the setting, and of the organisation's name while nothing is set, every reported flow is compared
/// again in the background; figures follow as it proceeds. So they do when records were written that may be known twice
/// (`to_link`). Staff only: 404 for donor representatives.
#[utoipa::path(tag = "contributions", security(("oauth2" = ["agreements:read"])),
    responses((status = 200, description = "The progress", body = ours::RecipientProgress), ReadProblems))]
#[get("/v1/recipient/progress")]
pub(crate) async fn progress(caller: Caller<perm::AgreementsRead>, context: Data<Context>) -> ApiResult {
    service::read(&context, &caller.claims, async |db, scope| {
        for_staff(scope)?;
        let organisation_id = caller.claims.organisation_id;
        let wanted = find(db, organisation_id).await?.wanted()?;
        let found = ours::of_organisation(db, organisation_id).await?;
        let to_link = to_link::waiting(db, organisation_id).await?;
        let progress = ours::RecipientProgress::of(found.filter(|row| row.wanted == wanted), to_link);
        response::json(StatusCode::OK, &[], &progress)
    })
    .await
}

/// Updates who the organisation is where money is reported
///
/// Headquarters only. Without any name and id, no reported flow is the organisation's own. All reported flows are then
/// compared again (`GET /v1/recipient/progress`), also when nothing was changed. Send the ETag of the setting in `If-Match`
/// (`"0"` if nothing is set yet).
#[utoipa::path(tag = "contributions", request_body = RecipientFields, security(("oauth2" = ["donors:write"])),
    params(("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The setting", body = RecipientSetting), UpdateProblems))]
#[put("/v1/recipient")]
pub(crate) async fn write(
    request: HttpRequest,
    caller: Caller<perm::DonorsWrite>,
    context: Data<Context>,
    body: JsonBody<RecipientFields>,
) -> ApiResult {
    let fields = in_order(body.value)?;
    write_setting::<RecipientSetting>(&context, &request, &caller.claims, |written| {
        let json = |list: &[String]| serde_json::to_string(list).map_err(StoreError::from);
        Ok(row::Model {
            organisation_id: written.organisation_id,
            version: written.version,
            names: json(&fields.names)?,
            fts_organisation_ids: json(&fields.fts_organisation_ids)?,
            updated_at: written.at,
        })
    })
    .await
}

const NO_LETTERS: (FieldCode, &str) = (FieldCode::NoLetters, "must contain a letter or a digit");

/// The setting as it is kept: each name and each id once, on one line.
fn in_order(fields: RecipientFields) -> Result<RecipientFields, Problem> {
    let mut checks = Checks::new();
    let names: Vec<String> = fields.names.iter().map(|name| on_one_line(name)).collect();
    for (index, name) in checks.at_most("/names", &names, MAX_ENTRIES).iter().enumerate() {
        let pointer = format!("/names/{index}");
        checks.text(&pointer, name, 300);
        checks.require(name.is_empty() || !search_key(name).is_empty(), &pointer, NO_LETTERS);
    }
    let ids: Vec<String> = fields.fts_organisation_ids.iter().map(|id| id.trim().to_owned()).collect();
    for (index, id) in checks.at_most("/fts_organisation_ids", &ids, MAX_ENTRIES).iter().enumerate() {
        checks.text(&format!("/fts_organisation_ids/{index}"), id, 100);
    }
    checks.finish()?;
    Ok(RecipientFields {
        names: each_once(names, search_key),
        fts_organisation_ids: each_once(ids, str::to_owned),
    })
}

/// The first text of each key, in their order.
fn each_once(texts: Vec<String>, key: impl Fn(&str) -> String) -> Vec<String> {
    let mut seen = BTreeSet::new();
    texts.into_iter().filter(|text| seen.insert(key(text))).collect()
}

#[cfg(test)]
#[path = "recipient_tests.rs"]
mod tests;
