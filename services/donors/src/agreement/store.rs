use super::{State, terms::Terms};
use crate::registry::donor;
use ::store::list::{Conditions, Listed};
use chrono::{DateTime, NaiveDate, Utc};
use events::AgreementChanged;
use kernel::{
    AgreementId, Currency, DonorId, Money, OfficeId, OrganisationId, PersonId, PrincipalId, Visibility,
};
use sea_orm::{
    ActiveModelBehavior, ConnectionTrait, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, FromQueryResult, PrimaryKeyTrait, Value,
};
use serde::{Deserialize, Serialize};
use service::PageRequest;
use std::collections::HashMap;
use store::{StoreError, TenantScope, TenantTx, Transaction, audit, params, sql, upsert_without};

/// A row of `agreement`, with its donor's name.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "agreement")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AgreementId,
    pub version: i64,
    pub organisation_id: OrganisationId,
    pub office_id: OfficeId,
    pub reference: String,
    pub donor_id: DonorId,
    pub donor_name: String,
    pub state: State,
    pub title: String,
    pub title_fr: Option<String>,
    pub title_es: Option<String>,
    /// What a search of the list looks in.
    pub search: String,
    pub start_date: NaiveDate,
    pub end_date: NaiveDate,
    pub amount: i64,
    pub currency: String,
    /// `,AFG,PAK,`
    pub countries: String,
    pub plan_ids: String,
    pub visibility: Visibility,
    /// All of the terms but the translated titles, which processes of an older version would not read.
    pub terms: String,
    pub signed_on: Option<NaiveDate>,
    /// Who signed first, where two persons have to.
    pub first_signed_by: Option<PrincipalId>,
    pub first_signed_at: Option<DateTime<Utc>>,
    /// Who signed, by function.
    pub signatory: Option<String>,
    /// The member of staff who is responsible for it.
    pub responsible_id: Option<PersonId>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Model> for audit::Subject {
    fn from(row: &Model) -> Self {
        Self {
            resource: "agreement",
            id: row.id.as_uuid(),
            organisation_id: row.organisation_id,
            office_id: row.office_id,
        }
    }
}

impl Model {
    pub(crate) fn terms(&self) -> Result<Terms, StoreError> {
        let terms = serde_json::from_str::<Terms>(&self.terms)?;
        Ok(Terms { title_fr: self.title_fr.clone(), title_es: self.title_es.clone(), ..terms })
    }

    pub(crate) fn amount(&self) -> Result<Money, StoreError> {
        let currency = Currency::from_code(&self.currency);
        let currency = currency.map_err(|error| StoreError::Damaged(error.to_string()))?;
        Ok(Money::from_minor(self.amount, currency))
    }

    /// As it is written: what a search looks in follows the names of the day.
    fn written(&self) -> Self {
        let titles = [Some(&self.title), self.title_fr.as_ref(), self.title_es.as_ref()];
        let texts = [&self.reference, &self.donor_name].into_iter().chain(titles.into_iter().flatten());
        let texts: Vec<&str> = texts.map(String::as_str).collect();
        Self { search: kernel::text::search_key(&texts.join(" ")), ..self.clone() }
    }

    /// The same agreement under these terms.
    pub(crate) fn under(self, terms: &Terms) -> Result<Self, StoreError> {
        let kept = Terms { title_fr: None, title_es: None, ..terms.clone() };
        Ok(Self {
            donor_id: terms.donor_id,
            title: terms.title.clone(),
            title_fr: terms.title_fr.clone(),
            title_es: terms.title_es.clone(),
            countries: kernel::text::joined(&terms.countries),
            plan_ids: kernel::text::joined(&terms.plan_ids),
            start_date: terms.start_date,
            end_date: terms.end_date,
            amount: terms.amount.minor(),
            currency: terms.amount.currency().code().to_owned(),
            visibility: terms.visibility,
            terms: serde_json::to_string(&kept)?,
            ..self
        })
    }
}

pub(crate) const SELECT: &str =
    "SELECT a.*, d.name AS donor_name FROM agreement a JOIN donor d ON d.id = a.donor_id";

/// Filters of the agreement list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) donor_id: Option<DonorId>,
    pub(crate) office_id: Option<OfficeId>,
    pub(crate) state: Option<State>,
    pub(crate) search: Option<String>,
    pub(crate) ends_before: Option<NaiveDate>,
    pub(crate) sort: Option<AgreementOrder>,
}

impl Filter {
    pub(crate) fn order(&self) -> AgreementOrder {
        self.sort.unwrap_or(AgreementOrder::Newest)
    }
}

kernel::closed_set! {
    /// The order of a list of agreements: newest first, by end date, or by reference.
    pub(crate) enum AgreementOrder {
        Newest = "newest",
        EndDate = "end_date",
        Reference = "reference",
    }
}

/// Where a page of the list ended: what it is sorted by, and the id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct After(pub(crate) String, pub(crate) AgreementId);

impl After {
    pub(crate) fn of(row: &Model, sort: AgreementOrder) -> Self {
        let text = match sort {
            AgreementOrder::Newest => String::new(),
            AgreementOrder::EndDate => row.end_date.to_string(),
            AgreementOrder::Reference => row.reference.clone(),
        };
        Self(text, row.id)
    }
}

pub(crate) async fn list(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: &Filter,
    page: &PageRequest,
    after: Option<After>,
) -> Result<Vec<Model>, StoreError> {
    let mut conditions = Conditions::of(scope, "a");
    signed_for_donors(scope, &mut conditions);
    conditions.and_few("a.donor_id = ?", filter.donor_id);
    if let Some(office_id) = filter.office_id {
        conditions.within(&[office_id]);
    }
    conditions.and_some("a.state = ?", filter.state);
    conditions.and_some("a.end_date <= ?", filter.ends_before);
    for word in filter.search.iter().flat_map(|text| text.split(' ')).filter(|word| !word.is_empty()) {
        conditions.and("a.search LIKE ?", format!("%{word}%"));
    }
    let (order, descending): (&[&str], bool) = match filter.order() {
        AgreementOrder::Newest => (&["id"], true),
        AgreementOrder::EndDate => (&["end_date", "id"], false),
        AgreementOrder::Reference => (&["reference"], false),
    };
    if let Some(After(text, id)) = after {
        match filter.order() {
            AgreementOrder::Newest => conditions.and("a.id < ?", id),
            AgreementOrder::EndDate => {
                let date: NaiveDate =
                    text.parse().map_err(|_| StoreError::Damaged("a cursor's date".to_owned()))?;
                conditions.and_both("(a.end_date, a.id) > (?1, ?2)", date, id);
            }
            AgreementOrder::Reference => conditions.and("a.reference > ?", text),
        }
    }
    let listed = Listed { select: SELECT, from: "agreement a", order, descending, limit: page.limit + 1 };
    Ok(as_seen(scope, sql::read(&conditions.rows(db, &listed).await?)?))
}

/// Which member of staff signed is no matter of the donor's.
fn as_seen(scope: &TenantScope, mut agreements: Vec<Model>) -> Vec<Model> {
    if !matches!(scope, TenantScope::Offices { .. }) {
        for agreement in &mut agreements {
            (agreement.first_signed_by, agreement.first_signed_at) = (None, None);
            (agreement.signatory, agreement.responsible_id) = (None, None);
        }
    }
    agreements
}

/// A donor sees what it signed, not what is being prepared.
fn signed_for_donors(scope: &TenantScope, conditions: &mut Conditions) {
    if !matches!(scope, TenantScope::Offices { .. }) {
        conditions.and_also("a.state IN ('signed', 'active', 'closed')");
    }
}

async fn models(db: &impl ConnectionTrait, text: &str, values: Vec<Value>) -> Result<Vec<Model>, StoreError> {
    sql::all(db, text, values).await
}

pub(crate) async fn get(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    id: AgreementId,
) -> Result<Option<Model>, StoreError> {
    let mut conditions = Conditions::of(scope, "a");
    signed_for_donors(scope, &mut conditions);
    conditions.and("a.id = ?", id);
    let (conditions, values) = conditions.end();
    let found = models(db, &format!("{SELECT} WHERE {conditions}"), values).await?;
    Ok(as_seen(scope, found).pop())
}

/// Agreements by id, in no order: for a transaction that keeps everybody else from writing any.
pub(crate) async fn by_ids(tx: &Transaction, ids: &[AgreementId]) -> Result<Vec<Model>, StoreError> {
    let select = format!("{SELECT} WHERE true");
    sql::read(
        &sql::select_by_keys(tx.db(), &select, vec![], "a.id", ids.iter().map(|id| (*id).into())).await?,
    )
}

/// The row, locked until this transaction ends, whose donor is not merged meanwhile.
pub(crate) async fn get_to_change(
    scope: &TenantScope,
    tx: &Transaction,
    id: AgreementId,
) -> Result<Option<Model>, StoreError> {
    donor::merge_lock::shared(tx, scope.organisation_id()).await?;
    tx.lock(&format!("agreement {id}")).await?;
    get(scope, tx.db(), id).await
}

/// The next reference of the organisation in a year: `AGR-2026-00042`.
pub(crate) async fn next_reference(
    tx: &TenantTx,
    organisation_id: OrganisationId,
    year: i32,
) -> Result<String, StoreError> {
    tx.lock(&format!("agreement reference {organisation_id} {year}")).await?;
    let prefix = format!("AGR-{year}-");
    let last = tx
        .across_offices(async |db| {
            let text =
                "SELECT max(reference) FROM agreement WHERE organisation_id = $1 AND reference LIKE $2";
            let row = sql::row(db, text, params![organisation_id, format!("{prefix}%")]).await?;
            Ok(row.map(|row| row.try_get_by_index::<Option<String>>(0)).transpose()?.flatten())
        })
        .await?;
    let last = last.and_then(|text| text.strip_prefix(&prefix)?.parse::<u32>().ok()).unwrap_or(0);
    Ok(format!("{prefix}{:05}", last + 1))
}

/// Writes a new agreement, or its next version, and publishes it.
pub(crate) async fn save(tx: &mut Transaction, model: &Model) -> Result<(), StoreError> {
    save_all(tx, std::slice::from_ref(model)).await
}

/// The same of many.
pub(crate) async fn save_all(tx: &mut Transaction, models: &[Model]) -> Result<(), StoreError> {
    let event = |model: &Model| Ok::<_, StoreError>(event(model, model.terms()?));
    let events = models.iter().map(event).collect::<Result<Vec<_>, _>>()?;
    let rows: Vec<Model> = models.iter().map(Model::written).collect();
    upsert_without(tx.db(), &rows, &["donor_name"]).await?;
    tx.emit_all(&events).await
}

fn event(model: &Model, terms: Terms) -> AgreementChanged {
    AgreementChanged {
        id: model.id,
        sequence: model.version,
        organisation_id: model.organisation_id,
        office_id: model.office_id,
        reference: model.reference.clone(),
        donor_id: model.donor_id,
        state: model.state.into(),
        start_date: model.start_date,
        end_date: model.end_date,
        amount: terms.amount,
        earmarking: terms.earmarking.map(Into::into),
        modality: terms.modality.map(|modality| modality.to_string()),
        countries: terms.countries,
        plan_ids: terms.plan_ids,
        visibility: terms.visibility.into(),
        responsible_id: model.responsible_id,
    }
}

/// What has come in under an agreement, in its own currency: promised, committed and paid.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) pledged: i64,
    pub(crate) committed: i64,
    pub(crate) paid: i64,
    /// Records in another currency than the agreement's, which are in none of the sums.
    pub(crate) other_currency: i64,
}

/// Sums of an agreement's contributions up to a day: all of them, so that whoever may see the agreement sees the same
/// figures. `db` has to read them all: the office's own, or the platform's.
pub(crate) async fn received(
    db: &impl ConnectionTrait,
    agreement: &Model,
    until: Option<NaiveDate>,
) -> Result<Received, StoreError> {
    let mut values = params![agreement.organisation_id, agreement.id];
    let mut condition = "organisation_id = $1 AND agreement_id = $2 AND standing = 'current'".to_owned();
    if let Some(until) = until {
        values.push(until.into());
        condition.push_str(" AND coalesce(flow_date, decision_date, first_reported_date, $3) <= $3");
    }
    let text = format!(
        "SELECT status, original_currency, CAST(sum(original_amount) AS bigint) AS total, count(*) AS records
         FROM contribution WHERE {condition} GROUP BY status, original_currency"
    );
    let mut sums = Received::default();
    for row in sql::rows(db, &text, values).await? {
        let (status, currency): (String, Option<String>) =
            (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let total: i64 = row.try_get_by_index::<Option<i64>>(2)?.unwrap_or(0);
        if currency.as_deref() != Some(agreement.currency.as_str()) {
            sums.other_currency += row.try_get_by_index::<i64>(3)?;
            continue;
        }
        match status.as_str() {
            "paid" => sums.paid += total,
            "commitment" => sums.committed += total,
            _ => sums.pledged += total,
        }
    }
    Ok(sums)
}

/// An agreement, as far as its reference is enough to name it.
#[derive(Debug, FromQueryResult)]
pub(crate) struct Named {
    pub(crate) id: AgreementId,
    pub(crate) reference: String,
    pub(crate) donor_id: DonorId,
    pub(crate) office_id: OfficeId,
    pub(crate) state: State,
}

/// The organisation's agreements of these references, whichever office they belong to.
pub(crate) async fn by_references(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    references: &[String],
) -> Result<HashMap<String, Named>, StoreError> {
    if references.is_empty() {
        return Ok(HashMap::new());
    }
    let text = "SELECT id, reference, donor_id, office_id, state FROM agreement WHERE organisation_id = $1";
    let references = references.iter().map(|reference| reference.as_str().into());
    let rows =
        sql::select_by_keys(db, text, params![scope.organisation_id()], "reference", references).await?;
    let agreements = sql::read::<Named>(&rows)?;
    Ok(agreements.into_iter().map(|agreement| (agreement.reference.clone(), agreement)).collect())
}
