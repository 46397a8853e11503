//! Which donors need a due-diligence clearance before they sign: a setting of the organisation.

use ::store::{StoreError, TenantScope};
use actix_web::{HttpRequest, get, put, web::Data};
use auth::{Caller, perm};
use chrono::{DateTime, Utc};
use kernel::{DonorType, OrganisationId, Problem};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{
    ApiResult, Checks, Context, JsonBody, Setting,
    openapi::{ReadProblems, UpdateProblems},
    response, setting, write_setting,
};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// The organisation's clearance rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ClearanceRule {
    /// 0 if no rule has been set.
    #[schema(minimum = 0)]
    version: i64,
    #[serde(flatten)]
    fields: ClearanceRuleFields,
    updated_at: Option<DateTime<Utc>>,
}

/// The fields of the clearance rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClearanceRuleFields {
    /// The types of donor that need a due-diligence clearance. Empty: no donor needs one.
    #[schema(max_items = 4)]
    donor_types: Vec<DonorType>,
}

/// A row of `clearance_rule`.
mod row {
    use kernel::OrganisationId;
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "clearance_rule")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub organisation_id: OrganisationId,
        pub version: i64,
        /// The types, as a JSON list.
        pub donor_types: String,
        pub updated_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Setting for ClearanceRule {
    type Row = row::Model;
    const RESOURCE: &'static str = "clearance_rule";
    const CHANGE: &'static str = "clearance_rule.update";

    fn of(row: Option<row::Model>) -> Result<Self, StoreError> {
        let (version, donor_types, updated_at) = match row {
            Some(row) => (row.version, serde_json::from_str(&row.donor_types)?, Some(row.updated_at)),
            None => (0, vec![DonorType::PrivateSector], None),
        };
        Ok(Self { version, fields: ClearanceRuleFields { donor_types }, updated_at })
    }

    fn version(&self) -> i64 {
        self.version
    }
}

/// Whether donors of a type need a clearance.
pub(super) async fn requires(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    donor_type: DonorType,
) -> Result<bool, StoreError> {
    let rule: ClearanceRule = setting(db, organisation_id).await?;
    Ok(rule.fields.donor_types.contains(&donor_type))
}

/// Gets the clearance rule
///
/// The types of donor with which an agreement is signed, activated or extended at a cost only under a due-diligence
/// clearance. At version 0 headquarters has set no rule yet, and the private sector needs one. Staff only: 404 for donor
/// representatives.
#[utoipa::path(tag = "agreements", security(("oauth2" = ["agreements:read"])),
    responses((status = 200, description = "The rule", body = ClearanceRule), ReadProblems))]
#[get("/v1/clearance-rule")]
pub(crate) async fn read(
    request: HttpRequest,
    caller: Caller<perm::AgreementsRead>,
    context: Data<Context>,
) -> ApiResult {
    service::read(&context, &caller.claims, async |db, scope| {
        if matches!(scope, TenantScope::Donor { .. }) {
            return Err(Problem::not_found().into());
        }
        let rule: ClearanceRule = setting(db, caller.claims.organisation_id).await?;
        response::record(&request, rule.version, &rule)
    })
    .await
}

/// Updates the clearance rule
///
/// Headquarters only. Agreements that are signed already stay as they are. Send the ETag of the rule in `If-Match` (`"0"`
/// if there is no rule yet).
#[utoipa::path(tag = "agreements", request_body = ClearanceRuleFields, security(("oauth2" = ["donors:write"])),
    params(("If-Match" = String, Header, description = "The ETag of the version you read")),
    responses((status = 200, description = "The rule", body = ClearanceRule), UpdateProblems))]
#[put("/v1/clearance-rule")]
pub(crate) async fn write(
    request: HttpRequest,
    caller: Caller<perm::DonorsWrite>,
    context: Data<Context>,
    body: JsonBody<ClearanceRuleFields>,
) -> ApiResult {
    let fields = in_order(body.value)?;
    write_setting::<ClearanceRule>(&context, &request, &caller.claims, |written| {
        Ok(row::Model {
            organisation_id: written.organisation_id,
            version: written.version,
            donor_types: serde_json::to_string(&fields.donor_types).map_err(StoreError::from)?,
            updated_at: written.at,
        })
    })
    .await
}

/// The rule as it is kept: each type once, in the order of their definition.
fn in_order(fields: ClearanceRuleFields) -> Result<ClearanceRuleFields, Problem> {
    let mut checks = Checks::new();
    checks.at_most("/donor_types", &fields.donor_types, DonorType::ALL.len());
    checks.finish()?;
    let types: BTreeSet<DonorType> = fields.donor_types.into_iter().collect();
    Ok(ClearanceRuleFields { donor_types: types.into_iter().collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_a_set_of_types() {
        let kept =
            |donor_types| in_order(ClearanceRuleFields { donor_types }).map(|fields| fields.donor_types);
        let twice = vec![DonorType::PrivateSector, DonorType::Government, DonorType::PrivateSector];
        assert_eq!(kept(twice).unwrap(), [DonorType::Government, DonorType::PrivateSector]);
        assert!(kept(Vec::new()).unwrap().is_empty());
        assert_eq!(kept(vec![DonorType::Government; 5]).unwrap_err().errors[0].pointer, "/donor_types");
    }
}
