use super::{answer::WhatIfAnswer, question::WhatIfQuestion};
use crate::records;
use ::store::{StoreError, TenantScope, Transaction, audit, insert_models};
use kernel::{OfficeId, OrganisationId, PrincipalId, ProposalId, ScenarioId, WindowId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use service::PageRequest;
use utoipa::ToSchema;

/// A row of `scenario`. It is written once.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "scenario")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ScenarioId,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub window_id: WindowId,
    pub title: String,
    pub note: Option<String>,
    /// The question, as JSON.
    pub question: String,
    /// The answer, as JSON.
    pub answer: String,
    /// The reasons for what is otherwise than in the best portfolio, as JSON.
    pub reasons: String,
    pub created_by: PrincipalId,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "scenario",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

/// Why a proposal is treated otherwise than in the best portfolio.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScenarioReason {
    pub(crate) proposal_id: ProposalId,
    #[schema(
        example = "The region has no other project in this country.",
        min_length = 1,
        max_length = 2000
    )]
    pub(crate) text: String,
}

/// What the audit trail keeps of a scenario: what people wrote may name people, so it holds a digest of that.
#[derive(Debug, Serialize)]
pub(crate) struct Trace {
    window_id: WindowId,
    digest: String,
}

impl From<&Model> for Trace {
    fn from(row: &Model) -> Self {
        let note = row.note.as_deref().unwrap_or_default();
        let texts =
            [row.title.as_str(), note, row.question.as_str(), row.answer.as_str(), row.reasons.as_str()];
        let parts = texts.map(str::as_bytes);
        Self { window_id: row.window_id, digest: service::digest_of(&parts) }
    }
}

impl Model {
    /// The question.
    ///
    /// # Errors
    /// [`StoreError::Document`].
    pub(crate) fn question(&self) -> Result<WhatIfQuestion, StoreError> {
        Ok(serde_json::from_str(&self.question)?)
    }

    /// The answer.
    ///
    /// # Errors
    /// [`StoreError::Document`].
    pub(crate) fn answer(&self) -> Result<WhatIfAnswer, StoreError> {
        Ok(serde_json::from_str(&self.answer)?)
    }

    /// The reasons.
    ///
    /// # Errors
    /// [`StoreError::Document`].
    pub(crate) fn reasons(&self) -> Result<Vec<ScenarioReason>, StoreError> {
        Ok(serde_json::from_str(&self.reasons)?)
    }
}

/// The scenarios of a window, newest first.
pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    window_id: WindowId,
    page: &PageRequest,
    after: Option<ScenarioId>,
) -> Result<Vec<Model>, StoreError> {
    let conditions: [(&str, Option<sea_orm::Value>); 2] =
        [("window_id =", Some(window_id.into())), ("id <", after.map(Into::into))];
    records::newest(db, scope, "scenario", &conditions, page.limit + 1).await
}

/// A scenario of the organisation.
pub(crate) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: ScenarioId,
) -> Result<Option<Model>, StoreError> {
    records::find(db, scope, "scenario", id).await
}

pub(crate) async fn insert(tx: &Transaction, row: &Model) -> Result<(), StoreError> {
    insert_models(tx.db(), std::slice::from_ref(row)).await?;
    Ok(())
}
