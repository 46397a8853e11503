use super::{
    State,
    content::Content,
    schedule::{Obligation, ends_at, obligations},
};
use crate::reporting::notification::About;
use crate::{agreement, registry::donor};
use ::store::list::{Conditions, Listed};
use chrono::{DateTime, NaiveDate, Utc};
use events::DonorReportChanged;
use kernel::{AgreementId, DonorId, OfficeId, OrganisationId, PrincipalId, ReportId, ReportKind, Visibility};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait, Value,
};
use service::PageRequest;
use std::collections::HashMap;
use store::{StoreError, TenantScope, TenantTx, Transaction, audit, params, sql, upsert_without};

/// A row of `report`, with what names its agreement and donor.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "report")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReportId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub agreement_id: AgreementId,
    pub agreement_reference: String,
    pub agreement_title: String,
    pub currency: String,
    pub donor_id: DonorId,
    pub donor_name: String,
    pub slot: String,
    pub kind: ReportKind,
    pub period_start: NaiveDate,
    pub period_end: NaiveDate,
    pub due_date: NaiveDate,
    pub first_due_date: NaiveDate,
    pub due_at: DateTime<Utc>,
    pub state: State,
    pub content: String,
    pub sent_by: Option<PrincipalId>,
    pub submitted_at: Option<DateTime<Utc>>,
    pub accepted_on: Option<NaiveDate>,
    pub visibility: Visibility,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "report",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

impl Model {
    pub(crate) fn content(&self) -> Result<Content, StoreError> {
        Ok(serde_json::from_str(&self.content)?)
    }

    fn event(&self) -> DonorReportChanged {
        DonorReportChanged {
            id: self.id,
            sequence: self.version,
            organisation_id: self.organisation_id,
            office_id: self.office_id,
            agreement_id: self.agreement_id,
            donor_id: self.donor_id,
            kind: self.kind.into(),
            period_start: self.period_start,
            period_end: self.period_end,
            due_date: self.due_date,
            first_due_date: self.first_due_date,
            state: self.state.into(),
            submitted_at: self.submitted_at,
        }
    }
}

/// What [`SELECT`] joins.
const JOINED_COLUMNS: [&str; 4] = ["agreement_reference", "agreement_title", "currency", "donor_name"];

impl From<&Model> for About {
    fn from(report: &Model) -> Self {
        Self {
            organisation_id: report.organisation_id,
            report_id: report.id,
            report_kind: report.kind,
            due_date: report.due_date,
            title: format!("{}: {}", report.agreement_reference, report.agreement_title),
        }
    }
}

/// The rows with what names them.
pub(crate) const SELECT: &str = "SELECT r.*, a.reference AS agreement_reference, a.title AS agreement_title, a.currency, d.name AS donor_name
    FROM report r JOIN agreement a ON a.id = r.agreement_id JOIN donor d ON d.id = r.donor_id";

/// Filters of the report list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) donor_id: Option<DonorId>,
    pub(crate) office_id: Option<OfficeId>,
    pub(crate) agreement_id: Option<AgreementId>,
    pub(crate) state: Option<State>,
    pub(crate) kind: Option<ReportKind>,
    pub(crate) due_from: Option<NaiveDate>,
    pub(crate) due_until: Option<NaiveDate>,
    /// Only what is owed still (true), or only what is not (false).
    pub(crate) owed: Option<bool>,
    /// Only what is owed and was due before this instant.
    pub(crate) overdue_at: Option<DateTime<Utc>>,
}

impl Filter {
    pub(crate) fn conditions(&self, scope: &TenantScope) -> Conditions {
        let mut conditions = Conditions::of(scope, "r");
        conditions.and_few("r.donor_id = ?", self.donor_id);
        conditions.and_few("r.agreement_id = ?", self.agreement_id);
        if let Some(office_id) = self.office_id {
            conditions.within(&[office_id]);
        }
        conditions.and_some("r.state = ?", self.state);
        conditions.and_some("r.kind = ?", self.kind);
        conditions.and_some("r.due_date >= ?", self.due_from);
        conditions.and_some("r.due_date <= ?", self.due_until);
        conditions.and_some("r.due_at <= ?", self.overdue_at);
        match (self.owed, self.overdue_at) {
            (Some(true), _) | (None, Some(_)) => {
                conditions.and_also(&format!("r.state IN {}", super::OWED_STATES))
            }
            (Some(false), _) => conditions.and_also(&format!("r.state NOT IN {}", super::OWED_STATES)),
            (None, None) => {}
        }
        conditions
    }
}

/// The first due first.
pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: &Filter,
    page: &PageRequest,
    after: Option<(NaiveDate, ReportId)>,
) -> Result<Vec<Model>, StoreError> {
    let mut conditions = filter.conditions(scope);
    if let Some((due_date, id)) = after {
        conditions.and_both("(r.due_date, r.id) > (?1, ?2)", due_date, id);
    }
    let listed = Listed {
        select: SELECT,
        from: "report r",
        order: &["due_date", "id"],
        descending: false,
        limit: page.limit + 1,
    };
    sql::read(&conditions.rows(db, &listed).await?)
}

pub(crate) async fn models(
    db: &impl ConnectionTrait,
    text: &str,
    values: Vec<Value>,
) -> Result<Vec<Model>, StoreError> {
    sql::all(db, text, values).await
}

pub(crate) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: ReportId,
) -> Result<Option<Model>, StoreError> {
    let mut conditions = Conditions::of(scope, "r");
    conditions.and("r.id = ?", id);
    let (conditions, values) = conditions.end();
    Ok(models(db, &format!("{SELECT} WHERE {conditions}"), values).await?.pop())
}

/// Reports by id, in no order: for a transaction that keeps everybody else from writing any.
pub(crate) async fn by_ids(tx: &Transaction, ids: &[ReportId]) -> Result<Vec<Model>, StoreError> {
    let select = format!("{SELECT} WHERE true");
    sql::read(
        &sql::select_by_keys(tx.db(), &select, vec![], "r.id", ids.iter().map(|id| (*id).into())).await?,
    )
}

/// The row, locked until this transaction ends, whose donor is not merged meanwhile.
pub(crate) async fn get_to_change(
    scope: &TenantScope,
    tx: &Transaction,
    id: ReportId,
) -> Result<Option<Model>, StoreError> {
    donor::merge_lock::shared(tx, scope.organisation_id()).await?;
    let Some(found) = get(scope, tx.db(), id).await? else { return Ok(None) };
    // One lock for an agreement and its reports: an amendment changes both.
    tx.lock(&format!("agreement {}", found.agreement_id)).await?;
    get(scope, tx.db(), id).await
}

/// Writes new versions and publishes them.
pub(crate) async fn save_all(tx: &mut Transaction, reports: &[Model]) -> Result<(), StoreError> {
    upsert_without(tx.db(), reports, &JOINED_COLUMNS).await?;
    let events: Vec<DonorReportChanged> = reports.iter().map(Model::event).collect();
    tx.emit_all(&events).await
}

/// The interim financial reports of the same agreement on periods before this one's.
pub(crate) async fn financial_before(
    db: &impl ConnectionTrait,
    report: &Model,
) -> Result<Vec<Model>, StoreError> {
    let text = format!(
        "{SELECT} WHERE r.agreement_id = $1 AND r.kind = 'interim_financial' AND r.period_end < $2
         AND r.state <> 'cancelled'"
    );
    models(db, &text, params![report.agreement_id, report.period_end]).await
}

/// Reports of an agreement.
async fn of_agreement(tx: &Transaction, agreement_id: AgreementId) -> Result<Vec<Model>, StoreError> {
    models(tx.db(), &format!("{SELECT} WHERE r.agreement_id = $1"), params![agreement_id]).await
}

/// Makes the reports of an agreement those that its terms owe: new ones are added, dates follow the terms (an extended
/// due date of a period that has not changed stays), and what is owed no longer is cancelled unless it is in progress.
pub(crate) async fn reconcile(
    tx: &mut TenantTx,
    agreement: &agreement::store::Model,
) -> Result<(), StoreError> {
    let terms = agreement.terms()?;
    let zone = donor::store::time_zone(tx, terms.donor_id).await?;
    let there = of_agreement(tx, agreement.id).await?;
    let delivered: Vec<Model> = there.iter().filter(|report| report.state.is_delivered()).cloned().collect();
    let mut known: HashMap<(String, ReportKind), Vec<Model>> = HashMap::new();
    for report in there {
        let slot = report.slot.split("_again_").next().unwrap_or_default().to_owned();
        known.entry((slot, report.kind)).or_default().push(report);
    }
    let now = tx.now();
    let mut changed = Vec::new();
    for mut owed in obligations(&terms) {
        let mut held = known.remove(&(owed.slot.clone(), owed.kind)).unwrap_or_default();
        held.sort_by_key(|report| report.period_end);
        let same_period = |report: &Model| report.period_end == owed.period_end;
        let is_delivered = held.last().map(|report| report.state.is_delivered());
        match held.pop() {
            // The donor has a report up to a former end, which tells the same.
            None if delivered.iter().any(|report| covers(report, &owed)) => {}
            // An extension that is recorded late may make it due in the past: it is owed all the same, as overdue.
            None => changed.push(new_report(tx.new_id(), agreement, owed, zone, now)),
            // The donor has the one up to the former end; one more is owed up to the new end.
            Some(last) if is_delivered == Some(true) && !same_period(&last) => {
                owed.slot = format!("{}_again_{}", owed.slot, held.len() + 1);
                changed.push(new_report(tx.new_id(), agreement, owed, zone, now));
            }
            Some(report) => changed.extend(moved(report, &owed, zone, now)?),
        }
    }
    for report in known.into_values().flatten() {
        if matches!(report.state, State::Scheduled | State::Drafting | State::Returned) {
            changed.push(cancelled(report, now));
        }
    }
    save_all(tx, &changed).await
}

/// Whether a report tells what an interim one would: the same sort, of a period that holds its period.
fn covers(report: &Model, owed: &Obligation) -> bool {
    let is_financial = |kind: ReportKind| match kind {
        ReportKind::InterimFinancial | ReportKind::FinalFinancial | ReportKind::CertifiedFinancial => true,
        ReportKind::InterimNarrative | ReportKind::FinalNarrative | ReportKind::EightPlusThree => false,
    };
    is_financial(report.kind) == is_financial(owed.kind)
        && report.period_start <= owed.period_start
        && report.period_end >= owed.period_end
}

fn new_report(
    id: ReportId,
    agreement: &agreement::store::Model,
    owed: Obligation,
    zone: Option<&str>,
    now: DateTime<Utc>,
) -> Model {
    Model {
        id,
        version: 1,
        organisation_id: agreement.organisation_id,
        office_id: agreement.office_id,
        agreement_id: agreement.id,
        agreement_reference: agreement.reference.clone(),
        agreement_title: agreement.title.clone(),
        currency: agreement.currency.clone(),
        donor_id: agreement.donor_id,
        donor_name: agreement.donor_name.clone(),
        slot: owed.slot,
        kind: owed.kind,
        period_start: owed.period_start,
        period_end: owed.period_end,
        due_date: owed.due_date,
        first_due_date: owed.due_date,
        due_at: ends_at(owed.due_date, zone),
        state: State::Scheduled,
        content: "{}".to_owned(),
        sent_by: None,
        submitted_at: None,
        accepted_on: None,
        visibility: agreement.visibility,
        created_at: now,
        updated_at: now,
    }
}

/// The next version of a report whose period the terms have moved; none when it stays as it is.
fn moved(
    report: Model,
    owed: &Obligation,
    zone: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Option<Model>, StoreError> {
    let same_period = (report.period_start, report.period_end) == (owed.period_start, owed.period_end);
    if same_period || !report.state.is_owed() {
        return Ok(None);
    }
    Ok(Some(Model {
        version: report.version + 1,
        period_start: owed.period_start,
        period_end: owed.period_end,
        due_date: owed.due_date,
        due_at: ends_at(owed.due_date, zone),
        updated_at: now,
        ..report
    }))
}

fn cancelled(report: Model, now: DateTime<Utc>) -> Model {
    let state = State::Cancelled;
    Model { version: report.version + 1, state, updated_at: now, ..report }
}

/// Gives the reports of an agreement, with their documents, to the office that it was handed over to.
pub(crate) async fn hand_over(
    tx: &mut TenantTx,
    agreement: &agreement::store::Model,
) -> Result<(), StoreError> {
    let office_id = agreement.office_id;
    let given = of_agreement(tx, agreement.id).await?.into_iter();
    let given: Vec<Model> = given
        .map(|report| Model { version: report.version + 1, office_id, updated_at: tx.now(), ..report })
        .collect();
    save_all(tx, &given).await?;
    let text = "UPDATE document SET office_id = $1 WHERE report_id IN (SELECT id FROM report WHERE agreement_id = $2)";
    sql::execute(tx.db(), text, params![office_id, agreement.id]).await?;
    Ok(())
}

/// What a cancelled agreement still owed is owed no longer.
pub(crate) async fn cancel_open(
    tx: &mut Transaction,
    agreement: &agreement::store::Model,
) -> Result<(), StoreError> {
    let now = tx.now();
    let mut changed = Vec::new();
    for report in of_agreement(tx, agreement.id).await? {
        if report.state.is_owed() {
            changed.push(cancelled(report, now));
        }
    }
    save_all(tx, &changed).await
}
