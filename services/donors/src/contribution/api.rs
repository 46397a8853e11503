use super::{
    entry::{self, EntryKind},
    filter::ContributionFilter,
    list::{self as listing, Filter},
    partner::{self, InFts, Partner},
    store,
};
use crate::contribution::Standing;
use crate::contribution::ValuationMethod;
use ::store::TenantScope;
use actix_web::{HttpRequest, get, web::Data};
use auth::{Caller, perm};
use chrono::NaiveDate;
use events::{ExternalRef, FlowObject};
use kernel::{
    AgreementId, ContributionId, ContributionStatus, ContributionType, DonorId, Earmarking, Money, OfficeId,
    Problem, Visibility, text::split,
};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use service::{
    ApiResult, Column, Context, Envelope, Id, Listed, Paging, Row, openapi::ReadProblems, response,
};
use utoipa::ToSchema;

/// A contribution.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Contribution {
    pub(crate) id: ContributionId,
    #[schema(minimum = 1)]
    pub(crate) version: i64,
    /// The office whose record it is.
    pub(crate) office_id: OfficeId,
    /// Where the record comes from: `fts`, or `api` when it was created here.
    #[schema(example = "fts", max_length = 40)]
    pub(crate) source: String,
    /// How another system knows it.
    pub(crate) external_ref: Option<ExternalRef>,
    /// The donor; null when the source names none or several.
    pub(crate) donor_id: Option<DonorId>,
    #[schema(max_length = 500)]
    pub(crate) donor_name: Option<String>,
    /// The organisation that receives it; several with semicolons between them; null when the source states none.
    #[schema(example = "International Organization for Migration", max_length = 20000)]
    pub(crate) recipient: Option<String>,
    /// Whether it is money given to this organisation: a record of its own, or a reported flow that it alone receives.
    pub(crate) is_ours: bool,
    /// Whether it counts in totals of what this organisation received.
    pub(crate) counts_ours: bool,
    /// Whether it counts in totals of what everybody received.
    pub(crate) counts_reported: bool,
    /// The agreement it is made under.
    pub(crate) agreement_id: Option<AgreementId>,
    pub(crate) status: ContributionStatus,
    /// The original amount in the donor's currency, if known.
    pub(crate) amount: Option<Money>,
    pub(crate) amount_usd: Money,
    /// Units of the donor's currency per US dollar, decimal.
    #[schema(example = "0.884", max_length = 40)]
    pub(crate) exchange_rate: Option<String>,
    pub(crate) exchange_rate_date: Option<NaiveDate>,
    #[schema(max_length = 200)]
    pub(crate) exchange_rate_source: Option<String>,
    pub(crate) decision_date: Option<NaiveDate>,
    pub(crate) flow_date: Option<NaiveDate>,
    pub(crate) first_reported_date: Option<NaiveDate>,
    #[schema(example = 2020)]
    pub(crate) budget_year: Option<i32>,
    /// The usage years.
    #[schema(max_items = 100)]
    pub(crate) usage_years: Vec<i32>,
    /// ISO 3166-1 alpha-3 codes of the destination countries.
    #[schema(max_items = 250, value_type = Vec<kernel::items::CountryCode>)]
    pub(crate) countries: Vec<String>,
    pub(crate) new_money: bool,
    pub(crate) contribution_type: ContributionType,
    #[schema(example = "Traditional aid", max_length = 200)]
    pub(crate) method: Option<String>,
    /// Absent if not stated.
    pub(crate) earmarking: Option<Earmarking>,
    #[schema(max_items = 100, value_type = Vec<kernel::items::SourceText>)]
    pub(crate) keywords: Vec<String>,
    /// The flow it is a part of in the source.
    #[schema(max_length = 100)]
    pub(crate) parent_ref: Option<String>,
    /// The flows that are parts of this one in the source.
    #[schema(max_items = 10000, value_type = Vec<kernel::items::Reference>)]
    pub(crate) child_refs: Vec<String>,
    /// Only a `current` record counts in totals.
    pub(crate) standing: Standing,
    /// The pledge or commitment it fulfils, or the contribution it was allocated from. Each record counts its own
    /// amount.
    pub(crate) parent_id: Option<ContributionId>,
    /// The reversed record that it replaces.
    pub(crate) replaces_id: Option<ContributionId>,
    /// The first record that it comes from: by `parent_id` and, where a record has none, `replaces_id`. Its own id when it
    /// comes from none.
    pub(crate) root_id: ContributionId,
    /// How the amount is split over the usage years; empty if it is not.
    #[schema(max_items = 30)]
    pub(crate) usage_split: Vec<YearShare>,
    /// How goods or services were valued.
    pub(crate) valuation: Option<Valuation>,
    /// Exchange gain (or loss, if negative) between the pledge or commitment and this record.
    pub(crate) exchange_difference_usd: Option<Money>,
    /// The other record of the same money, where one is proposed or linked and the caller may know of it. Staff only.
    pub(crate) partner: Option<Partner>,
    /// Whether FTS reports the money of this record.
    pub(crate) in_fts: InFts,
    pub(crate) visibility: Visibility,
    #[schema(max_length = 20000)]
    pub(crate) description: Option<String>,
    #[schema(max_items = 1000)]
    pub(crate) source_objects: Vec<FlowObject>,
    #[schema(max_items = 1000)]
    pub(crate) destination_objects: Vec<FlowObject>,
    /// Further fields of the source, as received.
    #[schema(value_type = Object)]
    pub(crate) detail: Json,
    pub(crate) created_at: chrono::DateTime<chrono::Utc>,
    pub(crate) updated_at: chrono::DateTime<chrono::Utc>,
}

/// The part of an amount for one year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct YearShare {
    #[schema(example = 2026, minimum = 1900, maximum = 2200)]
    pub(crate) year: i32,
    pub(crate) amount: Money,
}

/// How goods or services were valued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Valuation {
    pub(crate) method: ValuationMethod,
    #[serde(deserialize_with = "kernel::date::day")]
    pub(crate) valued_on: NaiveDate,
    /// The quantity, decimal.
    #[schema(example = "1200", max_length = 40)]
    pub(crate) quantity: Option<String>,
    #[schema(example = "family tents", max_length = 100)]
    pub(crate) unit: Option<String>,
}

/// The years' parts of what a record counts.
pub(crate) fn year_shares(row: &store::Model) -> Result<Vec<YearShare>, ::store::StoreError> {
    Ok(row.usage_split.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default())
}

impl TryFrom<store::Model> for Contribution {
    type Error = ::store::StoreError;

    fn try_from(row: store::Model) -> Result<Self, Self::Error> {
        let (source_objects, destination_objects) = row.objects()?;
        let (usage_years, countries) = store::targets(&row);
        Ok(Self {
            partner: None,
            in_fts: InFts::of(&row),
            amount: row.original(),
            usage_split: year_shares(&row)?,
            valuation: row.valuation.as_deref().map(serde_json::from_str).transpose()?,
            exchange_difference_usd: row.exchange_difference.map(Money::usd),
            standing: row.standing,
            parent_id: row.parent_id,
            replaces_id: row.replaces_id,
            root_id: row.root().unwrap_or(row.id),
            recipient: store::recipient(&destination_objects),
            is_ours: row.is_ours,
            counts_ours: row.counts_ours,
            counts_reported: row.counts_reported,
            source_objects,
            destination_objects,
            usage_years,
            countries,
            keywords: serde_json::from_str(&row.keywords)?,
            child_refs: split(&row.child_refs),
            detail: serde_json::from_str(&row.detail)?,
            amount_usd: Money::usd(row.amount_usd),
            id: row.id,
            version: row.version,
            office_id: row.office_id,
            external_ref: row
                .external_ref
                .map(|reference| ExternalRef { source: row.source.clone(), r#ref: reference }),
            source: row.source,
            donor_id: row.donor_id,
            donor_name: row.donor_name,
            agreement_id: row.agreement_id,
            status: row.status,
            exchange_rate: row.exchange_rate,
            exchange_rate_date: row.exchange_rate_date,
            exchange_rate_source: row.exchange_rate_source,
            decision_date: row.decision_date,
            flow_date: row.flow_date,
            first_reported_date: row.first_reported_date,
            budget_year: row.budget_year,
            new_money: row.new_money,
            contribution_type: row.contribution_type,
            method: row.method,
            earmarking: row.earmarking,
            parent_ref: row.parent_ref,
            visibility: row.visibility,
            description: row.description,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

impl Contribution {
    /// The response plans it goes to, by name.
    fn plans(&self) -> String {
        let plans = self.destination_objects.iter().filter(|object| object.kind == FlowObject::PLAN);
        plans.map(|plan| plan.name.as_str()).collect::<Vec<_>>().join("; ")
    }
}

impl Row for Contribution {
    const COLUMNS: &'static [Column<Self>] = &[
        ("donor", |row| row.donor_name.clone().into()),
        ("recipient", |row| row.recipient.clone().into()),
        ("plans", |row| row.plans().into()),
        ("id", |row| row.id.into()),
        ("source", |row| row.source.as_str().into()),
        ("external_ref", |row| row.external_ref.as_ref().map(|external| external.r#ref.as_str()).into()),
        ("is_ours", |row| row.is_ours.into()),
        ("status", |row| row.status.as_str().into()),
        ("amount", |row| row.amount.into()),
        ("currency", |row| row.amount.map(|amount| amount.currency().code()).into()),
        ("amount_usd", |row| row.amount_usd.into()),
        ("exchange_rate", |row| row.exchange_rate.clone().into()),
        ("decision_date", |row| row.decision_date.into()),
        ("flow_date", |row| row.flow_date.into()),
        ("usage_years", |row| service::joined(&row.usage_years)),
        ("countries", |row| row.countries.join(" ").into()),
        ("earmarking", |row| row.earmarking.map(Earmarking::as_str).into()),
        ("contribution_type", |row| row.contribution_type.as_str().into()),
        ("new_money", |row| row.new_money.to_string().into()),
        ("standing", |row| row.standing.as_str().into()),
        ("exchange_difference_usd", |row| row.exchange_difference_usd.into()),
        ("in_fts", |row| row.in_fts.as_str().into()),
        ("visibility", |row| row.visibility.as_str().into()),
        ("description", |row| row.description.clone().into()),
    ];
}

/// Lists contributions
///
/// Contributions of the caller's office and the offices below it, newest first: what this organisation was given, unless
/// `scope` asks for every reported flow. A donor's representative sees the donor's own contributions that are visible to
/// it, each amount once; by `external_ref` also one that counts as another record of the same money.
#[utoipa::path(tag = "contributions", params(ContributionFilter, Paging), security(("oauth2" = ["contributions:read"])),
    responses((status = 200, description = "The contributions", body = Envelope<Contribution>), ReadProblems))]
#[get("/v1/contributions")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::ContributionsRead>,
    context: Data<Context>,
    listed: Listed<ContributionFilter>,
) -> ApiResult {
    let filter = listed.filter.checked()?;
    // Whoever knows a record by its reference finds it, as by its id.
    let only_counting = caller.claims.donor_id.is_some() && filter.external.is_none();
    let filter = Filter { only_counting, ..filter };
    let scope = context.scope(&caller.claims).await?;
    // What is known twice is not for donors.
    if filter.in_fts.is_some() && matches!(scope, TenantScope::Donor { .. }) {
        return Err(Problem::not_found().into());
    }
    let looked_up = service::read_within(&context, &scope, async |db| {
        Ok(listed.filter.looked_up(db, &scope, filter).await?)
    });
    let filter = looked_up.await?;
    let filters = (listed.filter, caller.claims.sub);
    let page = listed.paging.of("contributions", &filters)?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let rows = listing::list(scope, db, &filter, page, page.after()?).await?;
        let mut page = page.page(rows, |row| row.id).try_map(Contribution::try_from)?;
        partner::complete(scope, db, &mut page.items).await?;
        Ok(page)
    })
    .await
}

/// Gets a contribution
///
/// With source and destination as FTS models them, and the years and countries it counts for. Staff see those of
/// their office and the offices below it, a donor's representative the donor's own that are visible to it; 404 for
/// any other.
#[utoipa::path(tag = "contributions", params(("id" = Uuid, Path, description = "The contribution")),
    security(("oauth2" = ["contributions:read"])),
    responses((status = 200, description = "The contribution", body = Contribution), ReadProblems))]
#[get("/v1/contributions/{id}")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::ContributionsRead>,
    context: Data<Context>,
    id: Id<ContributionId>,
) -> ApiResult {
    service::read(&context, &caller.claims, async |db, scope| {
        let row = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let mut shown = [Contribution::try_from(row)?];
        partner::complete(scope, db, &mut shown).await?;
        let [shown] = shown;
        response::record(&request, shown.version, &shown)
    })
    .await
}

/// A ledger entry of a contribution.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Entry {
    #[schema(minimum = 1)]
    number: i32,
    kind: EntryKind,
    /// In the currency of the contribution; negative for an outgoing amount.
    amount: Money,
    amount_usd: Money,
    booked_on: NaiveDate,
    /// The contribution it was moved from or to.
    counterpart_id: Option<ContributionId>,
    #[schema(max_length = 2000)]
    reason: Option<String>,
    recorded_at: chrono::DateTime<chrono::Utc>,
}

/// The ledger entries of a contribution.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Entries {
    /// Oldest first; their sum is the amount the contribution counts.
    #[schema(max_items = 10000)]
    items: Vec<Entry>,
}

/// Lists the ledger entries of a contribution
///
/// Entries are appended and never changed. Records maintained by another system have none. Staff only.
#[utoipa::path(tag = "contributions", params(("id" = Uuid, Path, description = "The contribution")),
    security(("oauth2" = ["contributions:read"])),
    responses((status = 200, description = "The entries", body = Entries), ReadProblems))]
#[get("/v1/contributions/{id}/entries")]
pub(crate) async fn entries(
    request: HttpRequest,
    caller: Caller<perm::ContributionsRead>,
    context: Data<Context>,
    id: Id<ContributionId>,
) -> ApiResult {
    service::read(&context, &caller.claims, async |db, scope| {
        if matches!(scope, TenantScope::Donor { .. }) {
            return Err(Problem::not_found().into());
        }
        let row = store::get(scope, db, id.0).await?.ok_or_else(Problem::not_found)?;
        let currency = row.original().map_or(kernel::Currency::USD, |amount| amount.currency());
        let items = entry::of(db, row.id).await?;
        let shown = |entry: entry::Model| Entry {
            number: entry.number,
            kind: entry.kind,
            amount: Money::from_minor(entry.amount, currency),
            amount_usd: Money::usd(entry.amount_usd),
            booked_on: entry.booked_on,
            counterpart_id: entry.counterpart_id,
            reason: entry.reason,
            recorded_at: entry.recorded_at,
        };
        response::record(&request, row.version, &Entries { items: items.into_iter().map(shown).collect() })
    })
    .await
}
