use super::points::CriterionScore;
use ::store::{StoreError, Transaction, audit, params, sql, upsert_models};
use auth::Claims;
use chrono::{DateTime, Utc};
use kernel::{OfficeId, OrganisationId, PersonId, PrincipalId, ProposalId, ScoreSheetId, WindowId};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};

/// A row of `score_sheet`: one for each reviewer and proposal.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "score_sheet")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ScoreSheetId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub window_id: WindowId,
    pub proposal_id: ProposalId,
    pub person_id: PersonId,
    /// What is said on each criterion, as a JSON list.
    pub answers: String,
    /// What it comes to, in hundredths of a point, once it is submitted; none when no criterion applies.
    pub points: Option<i32>,
    pub submitted_at: Option<DateTime<Utc>>,
    /// Why it does not count.
    pub struck: Option<String>,
    pub struck_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// What is said on each criterion.
    ///
    /// # Errors
    /// [`StoreError::Document`].
    pub(crate) fn answers(&self) -> Result<Vec<CriterionScore>, StoreError> {
        Ok(serde_json::from_str(&self.answers)?)
    }

    /// Whether it was submitted and counts.
    pub(crate) const fn is_counted(&self) -> bool {
        self.submitted_at.is_some() && self.struck_at.is_none()
    }

    /// Whether somebody has begun it and not submitted it.
    pub(crate) const fn is_outstanding(&self) -> bool {
        self.submitted_at.is_none() && self.struck_at.is_none()
    }

    /// How it stands in the audit trail, under the office that proposes.
    pub(crate) fn audited(&self, office_id: OfficeId) -> audit::Subject {
        audit::Subject {
            resource: "score_sheet",
            id: self.id.as_uuid(),
            organisation_id: self.organisation_id,
            office_id,
        }
    }
}

/// The sheets of a proposal, in the order in which they were begun.
pub(crate) async fn of_proposal(
    db: &impl ConnectionTrait,
    proposal_id: ProposalId,
) -> Result<Vec<Model>, StoreError> {
    let text = "SELECT * FROM score_sheet WHERE proposal_id = $1 ORDER BY id";
    sql::all(db, text, params![proposal_id]).await
}

/// The sheets of all proposals that are in a window now: sheets of a deferred proposal stay with it.
pub(crate) async fn of_window(
    db: &impl ConnectionTrait,
    window_id: WindowId,
) -> Result<Vec<Model>, StoreError> {
    let text = "SELECT * FROM score_sheet WHERE window_id = $1 ORDER BY id";
    sql::all(db, text, params![window_id]).await
}

/// Writes a sheet, or its next version.
pub(crate) async fn save(tx: &Transaction, row: &Model) -> Result<(), StoreError> {
    upsert_models(tx.db(), std::slice::from_ref(row)).await?;
    Ok(())
}

/// Strikes the sheet of a reviewer, where there is one: it does not count any more, and is done.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn strike(
    tx: &Transaction,
    proposal_id: ProposalId,
    person_id: PersonId,
    why: &str,
) -> Result<(), StoreError> {
    let now = tx.now();
    let text = "UPDATE score_sheet SET struck = $1, struck_at = $2, updated_at = $2, version = version + 1
                WHERE proposal_id = $3 AND person_id = $4 AND struck_at IS NULL";
    sql::execute(tx.db(), text, params![why, now, proposal_id, person_id]).await?;
    Ok(())
}

/// Counts the sheet of a reviewer again that was struck: the conflict of interest was lifted.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn restore(
    tx: &Transaction,
    proposal_id: ProposalId,
    person_id: PersonId,
) -> Result<(), StoreError> {
    let text =
        "UPDATE score_sheet SET struck = NULL, struck_at = NULL, updated_at = $1, version = version + 1
                WHERE proposal_id = $2 AND person_id = $3 AND struck_at IS NOT NULL";
    sql::execute(tx.db(), text, params![tx.now(), proposal_id, person_id]).await?;
    Ok(())
}

/// Whether as many sheets count as the window needs.
pub(crate) fn has_enough(sheets: &[Model], needed: i32) -> bool {
    let counted = sheets.iter().filter(|sheet| sheet.is_counted()).count();
    counted >= usize::try_from(needed).unwrap_or(0).max(1)
}

/// Whether the last review of a proposal has come: as many sheets count as the window needs, and nobody has one begun.
pub(crate) fn is_complete(sheets: &[Model], needed: i32) -> bool {
    has_enough(sheets, needed) && !sheets.iter().any(Model::is_outstanding)
}

/// Whether somebody sees the sheets of others on a proposal: a reviewer once their own is submitted, other staff always.
pub(crate) fn sees_others(sheets: &[Model], claims: &Claims, is_reviewer: bool) -> bool {
    let is_own = |sheet: &Model| PrincipalId::from(sheet.person_id) == claims.sub;
    !is_reviewer || sheets.iter().any(|sheet| is_own(sheet) && sheet.submitted_at.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(is_submitted: bool, is_struck: bool) -> Model {
        let at: DateTime<Utc> = "2026-03-10T08:00:00Z".parse().unwrap();
        Model {
            id: ScoreSheetId::nil(),
            version: 1,
            organisation_id: OrganisationId::nil(),
            window_id: WindowId::nil(),
            proposal_id: ProposalId::nil(),
            person_id: PersonId::nil(),
            answers: "[]".to_owned(),
            points: is_submitted.then_some(7_000),
            submitted_at: is_submitted.then_some(at),
            struck: is_struck.then(|| "a conflict of interest (office)".to_owned()),
            struck_at: is_struck.then_some(at),
            created_at: at,
            updated_at: at,
        }
    }

    #[test]
    fn a_proposal_is_scored_when_enough_sheets_count_and_none_is_begun() {
        let (done, begun, struck) = (sheet(true, false), sheet(false, false), sheet(true, true));
        assert!(is_complete(&[done.clone(), done.clone()], 2));
        assert!(!is_complete(&[done.clone(), struck.clone()], 2), "a struck sheet does not count");
        assert!(is_complete(&[done.clone(), done.clone(), struck], 2), "and is not waited for");
        assert!(!is_complete(&[done.clone(), done.clone(), begun.clone()], 2));
        assert!(has_enough(&[done.clone(), done.clone(), begun], 2), "at the end it is not waited for");
        assert!(!is_complete(&[], 0) && is_complete(&[done], 0));
    }
}
