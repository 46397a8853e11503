use super::target::{self, Targets};
use crate::contribution::Standing;
use crate::counted::{self, Counted, Counting};
use crate::exchange_rate::ExchangeRate;
use crate::to_link;
use events::{ContributionRecorded, FlowObject};
use kernel::{
    AgreementId, ContributionId, ContributionStatus, ContributionType, Currency, DonorId, Earmarking, Money,
    OfficeId, OrganisationId, Visibility,
};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect, sea_query::Expr};
use serde::Serialize;
use store::{StoreError, TenantScope, Transaction, audit, insert_models, params, sql, upsert_models};

/// The source of records that were made here.
pub(super) const OWN_SOURCE: &str = "api";
/// The source that reports what anybody gave to anybody, OCHA's FTS. Records of all others are of money that this
/// organisation was given.
pub(crate) const REPORTING_SOURCE: &str = "fts";

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "contribution")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ContributionId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub source: String,
    pub external_ref: Option<String>,
    pub donor_id: Option<DonorId>,
    pub donor_external_ref: Option<String>,
    pub donor_name: Option<String>,
    pub status: ContributionStatus,
    pub amount_usd: i64,
    pub original_amount: Option<i64>,
    pub original_currency: Option<String>,
    pub exchange_rate: Option<String>,
    pub exchange_rate_date: Option<Date>,
    pub exchange_rate_source: Option<String>,
    pub decision_date: Option<Date>,
    pub flow_date: Option<Date>,
    pub first_reported_date: Option<Date>,
    pub budget_year: Option<i32>,
    pub usage_years: String,
    pub countries: String,
    pub new_money: bool,
    pub contribution_type: ContributionType,
    pub method: Option<String>,
    pub earmarking: Option<Earmarking>,
    pub keywords: String,
    pub parent_ref: Option<String>,
    pub child_refs: String,
    pub visibility: Visibility,
    pub description: Option<String>,
    pub source_objects: String,
    pub destination_objects: String,
    pub detail: String,
    pub source_version: Option<i64>,
    pub fingerprint: String,
    pub agreement_id: Option<AgreementId>,
    pub standing: Standing,
    /// The promise it fulfils, or the parked money it is a part of.
    pub parent_id: Option<ContributionId>,
    /// The reversed record that it replaces.
    pub replaces_id: Option<ContributionId>,
    /// The first record that it comes from, where that is another one. [`Model::root`] says it of every record.
    pub root_id: Option<ContributionId>,
    pub usage_split: Option<String>,
    pub valuation: Option<String>,
    /// Cents of US dollars that exchange rates gained since the promise.
    pub exchange_difference: Option<i64>,
    /// Whether it is money given to this organisation.
    pub is_ours: bool,
    /// Whether it counts in totals of what this organisation received.
    pub counts_ours: bool,
    /// Whether it counts in totals of what everybody received.
    pub counts_reported: bool,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "contribution",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

impl Model {
    /// A new record, made now, of an organisation and an office, over so many cents of US dollars. The rest is unset:
    /// financial, new money, internal, recorded here, current, ours.
    pub(crate) fn blank(
        id: ContributionId,
        (organisation_id, office_id): (OrganisationId, OfficeId),
        status: ContributionStatus,
        amount_usd: i64,
        now: DateTimeUtc,
    ) -> Self {
        Self {
            id,
            version: 1,
            organisation_id,
            office_id,
            source: OWN_SOURCE.to_owned(),
            external_ref: None,
            donor_id: None,
            donor_external_ref: None,
            donor_name: None,
            status,
            amount_usd,
            original_amount: None,
            original_currency: None,
            exchange_rate: None,
            exchange_rate_date: None,
            exchange_rate_source: None,
            decision_date: None,
            flow_date: None,
            first_reported_date: None,
            budget_year: None,
            usage_years: String::new(),
            countries: String::new(),
            new_money: true,
            contribution_type: ContributionType::Financial,
            method: None,
            earmarking: None,
            keywords: "[]".to_owned(),
            parent_ref: None,
            child_refs: String::new(),
            visibility: Visibility::Internal,
            description: None,
            source_objects: "[]".to_owned(),
            destination_objects: "[]".to_owned(),
            detail: "{}".to_owned(),
            source_version: None,
            fingerprint: String::new(),
            agreement_id: None,
            standing: Standing::Current,
            parent_id: None,
            replaces_id: None,
            root_id: None,
            usage_split: None,
            valuation: None,
            exchange_difference: None,
            is_ours: true,
            counts_ours: true,
            counts_reported: true,
            created_at: now,
            updated_at: now,
        }
    }

    /// The record as ours, or as not ours. Where that is what it was, what it counts in stays; else it counts among ours
    /// when it is.
    pub(crate) fn received(self, is_ours: bool) -> Self {
        let counts_ours = if self.is_ours == is_ours { self.counts_ours } else { is_ours };
        Self { is_ours, counts_ours, ..self }
    }

    /// The beginnings of a record that comes out of this one: it inherits what is not named here.
    pub(super) fn part(&self, id: ContributionId, now: DateTimeUtc) -> Self {
        Self {
            id,
            version: 1,
            parent_id: Some(self.id),
            replaces_id: None,
            root_id: self.root(),
            exchange_difference: None,
            created_at: now,
            updated_at: now,
            ..self.clone()
        }
    }

    /// What the donor gave, in its own currency.
    pub(crate) fn original(&self) -> Option<Money> {
        let currency = Currency::from_code(self.original_currency.as_deref()?).ok()?;
        Some(Money::from_minor(self.original_amount?, currency))
    }

    pub(crate) fn objects(&self) -> Result<(Vec<FlowObject>, Vec<FlowObject>), StoreError> {
        Ok((serde_json::from_str(&self.source_objects)?, serde_json::from_str(&self.destination_objects)?))
    }

    /// The record at this rate.
    pub(crate) fn at(self, rate: Option<ExchangeRate>) -> Self {
        let (exchange_rate, exchange_rate_date, exchange_rate_source) = match rate {
            Some(rate) => (Some(rate.rate), Some(rate.date), Some(rate.source)),
            None => (None, None, None),
        };
        Self { exchange_rate, exchange_rate_date, exchange_rate_source, ..self }
    }

    /// What it counts; nothing for a pledge, or one without a date.
    pub(crate) fn counted(&self) -> Option<Counted> {
        let counts = self.standing == Standing::Current && self.status != ContributionStatus::Pledge;
        let date = self.decision_date.or(self.flow_date).or(self.first_reported_date).filter(|_| counts)?;
        let record = Counting {
            organisation_id: self.organisation_id,
            office_id: self.office_id,
            donor_id: self.donor_id,
            year: chrono::Datelike::year(&date),
            earmarking: self.earmarking,
            usage_years: &self.usage_years,
            countries: &self.countries,
            cents: self.amount_usd,
            ours: self.counts_ours,
            reported: self.counts_reported,
        };
        Some(record.into())
    }

    pub(super) fn event(&self) -> Result<ContributionRecorded, StoreError> {
        let (source_objects, destination_objects) = self.objects()?;
        let recipient = match recipients(&destination_objects).as_slice() {
            [alone] => Some((*alone).to_owned()),
            _ => None,
        };
        Ok(ContributionRecorded {
            id: self.id,
            sequence: self.version,
            organisation_id: self.organisation_id,
            office_id: self.office_id,
            source: self.source.clone(),
            external_ref: self.external_ref.clone(),
            donor_id: self.donor_id,
            donor_external_ref: self.donor_external_ref.clone(),
            donor_name: self.donor_name.clone(),
            status: self.status.into(),
            amount_usd: Money::usd(self.amount_usd),
            new_money: self.new_money,
            contribution_type: self.contribution_type.into(),
            earmarking: self.earmarking.map(Into::into),
            decision_date: self.decision_date,
            source_objects,
            destination_objects,
            visibility: self.visibility.into(),
            agreement_id: self.agreement_id,
            counts: self.standing == Standing::Current,
            root_id: self.root(),
            recipient,
            is_ours: Some(self.is_ours),
            counts_ours: Some(self.counts_ours),
            counts_reported: Some(self.counts_reported),
        })
    }
}

/// The organisations that receive money with these destinations: the name of each, once.
pub(crate) fn recipients(destination: &[FlowObject]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    let organisations = destination.iter().filter(|object| object.kind == FlowObject::ORGANISATION);
    for organisation in organisations {
        if !names.contains(&organisation.name.as_str()) {
            names.push(&organisation.name);
        }
    }
    names
}

/// The same as one text, with semicolons between them; none when no organisation is stated.
pub(crate) fn recipient(destination: &[FlowObject]) -> Option<String> {
    let names = recipients(destination);
    (!names.is_empty()).then(|| names.join("; "))
}

/// Staff read the rows of their offices; a representative its donor's that it may see.
fn readable(scope: &TenantScope) -> Select<Entity> {
    let organisation_id = scope.organisation_id();
    let query = Entity::find().filter(Column::OrganisationId.eq(organisation_id));
    match scope {
        TenantScope::Offices { office_ids, .. } => {
            query.filter(Column::OfficeId.is_in(office_ids.iter().copied()))
        }
        TenantScope::Donor { donor_id, .. } => {
            query.filter(Column::DonorId.eq(*donor_id)).filter(Column::Visibility.is_in(["donor", "public"]))
        }
        TenantScope::Organisation { .. } => query,
        TenantScope::Public { .. } => query.filter(Expr::value(false)),
    }
}

pub(crate) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: ContributionId,
) -> Result<Option<Model>, StoreError> {
    Ok(readable(scope).filter(Column::Id.eq(id)).one(db).await?)
}

/// The row, locked until this transaction ends.
pub(crate) async fn get_to_change(
    scope: &TenantScope,
    tx: &Transaction,
    id: ContributionId,
) -> Result<Option<Model>, StoreError> {
    Ok(readable(scope).filter(Column::Id.eq(id)).lock_exclusive().one(tx.db()).await?)
}

/// The same of several, in no order.
pub(crate) async fn to_change(
    scope: &TenantScope,
    tx: &Transaction,
    ids: &[ContributionId],
) -> Result<Vec<Model>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = readable(scope).filter(Column::Id.is_in(ids.iter().copied()));
    Ok(query.order_by_asc(Column::Id).lock_exclusive().all(tx.db()).await?)
}

/// Records of an organisation by what their source calls them, whichever office they belong to.
pub(crate) async fn by_refs(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    source: &str,
    refs: &[String],
) -> Result<Vec<Model>, StoreError> {
    let text = "SELECT * FROM contribution WHERE organisation_id = $1 AND source = $2";
    let refs = refs.iter().map(|reference| reference.as_str().into());
    let parameters = params![scope.organisation_id(), source];
    let rows = sql::select_by_keys(db, text, parameters, "external_ref", refs).await?;
    sql::read(&rows)
}

pub(crate) async fn insert_all(tx: &mut Transaction, records: Vec<Model>) -> Result<(), StoreError> {
    let events = records.iter().map(Model::event).collect::<Result<Vec<_>, _>>()?;
    let counted: Vec<_> = records.iter().map(|new| (None, new.counted())).collect();
    let targets = records.iter().map(|new| Ok((None, Targets::of(new)?)));
    let changes = targets.collect::<Result<Vec<_>, StoreError>>()?;
    insert_models(tx.db(), &records).await?;
    target::write(tx.db(), &changes).await?;
    counted::store::count(tx, counted).await?;
    let ours = records.iter().filter(|record| record.is_ours);
    to_link::contributions(tx, ours.map(|record| (record.organisation_id, record.id)));
    tx.emit_all(&events).await
}

/// A former version of a record, as JSON.
mod version {
    use kernel::ContributionId;
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "contribution_version")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub contribution_id: ContributionId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i64,
        pub record: String,
        pub replaced_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Writes new versions; the old ones stay as history. Whether they are known twice is looked at again.
pub(crate) async fn replace_all(tx: &mut Transaction, pairs: Vec<(Model, Model)>) -> Result<(), StoreError> {
    let ours = pairs.iter().filter(|(old, new)| old.is_ours || new.is_ours);
    to_link::contributions(tx, ours.map(|(_, new)| (new.organisation_id, new.id)));
    rewrite_all(tx, pairs).await
}

/// Writes new versions, their targets, what they count, and their events.
pub(super) async fn rewrite_all(tx: &mut Transaction, pairs: Vec<(Model, Model)>) -> Result<(), StoreError> {
    let now = tx.now();
    let mut history = Vec::with_capacity(pairs.len());
    let mut events = Vec::with_capacity(pairs.len());
    let counted: Vec<_> = pairs.iter().map(|(old, new)| (old.counted(), new.counted())).collect();
    let targets = pairs.iter().map(|(old, new)| Ok((Some(Targets::of(old)?), Targets::of(new)?)));
    let changes = targets.collect::<Result<Vec<_>, StoreError>>()?;
    for (old, new) in &pairs {
        history.push(version::Model {
            contribution_id: old.id,
            version: old.version,
            record: serde_json::to_string(old)?,
            replaced_at: now,
        });
        events.push(new.event()?);
    }
    let records: Vec<Model> = pairs.into_iter().map(|(_, new)| new).collect();
    insert_models(tx.db(), &history).await?;
    upsert_models(tx.db(), &records).await?;
    target::write(tx.db(), &changes).await?;
    counted::store::count(tx, counted).await?;
    tx.emit_all(&events).await
}

/// Years and countries of a record.
pub(crate) fn targets(record: &Model) -> (Vec<i32>, Vec<String>) {
    let years =
        kernel::text::split(&record.usage_years).iter().filter_map(|year| year.parse().ok()).collect();
    (years, kernel::text::split(&record.countries))
}
