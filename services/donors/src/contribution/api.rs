use super::{
    entry::{self, EntryKind},
    list::{self as listing, Filter, Givers},
    partner::{self, InFts, Partner},
    store, target,
};
use crate::contribution::Standing;
use crate::contribution::ValuationMethod;
use crate::{known::plan, registry::donor};
use ::store::{Snapshot, TenantScope, list::MAX_PARTS, office};
use actix_web::{HttpRequest, get, web::Data};
use auth::{Caller, perm};
use chrono::NaiveDate;
use events::{ExternalRef, FlowObject};
use kernel::{
    AgreementId, ContributionId, ContributionStatus, ContributionType, DonorId, Earmarking, Fault, Money,
    MoneyScope, OfficeId, PlanId, Problem, Visibility,
    text::{search_key, split},
};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use service::{
    ApiResult, Column, Context, Envelope, Id, Listed, PageRequest, Paging, Row, openapi::ReadProblems,
    response,
};
use utoipa::{IntoParams, ToSchema};

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

/// Filters of the contribution list.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ContributionFilter {
    /// Only of donors with these words in their names; words that no donor has are taken for words like them.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Only of this donor.
    donor_id: Option<DonorId>,
    /// Only those that go to this response plan.
    plan_id: Option<PlanId>,
    /// `ours`: money given to this organisation; `all`: every reported flow, whoever receives it. Defaults to `ours`, with
    /// `external_ref` to `all`.
    scope: Option<MoneyScope>,
    /// Only of this office.
    office_id: Option<OfficeId>,
    /// Only those made under this agreement.
    agreement_id: Option<AgreementId>,
    /// Only those that fulfil this pledge or commitment, or were allocated from this contribution.
    parent_id: Option<ContributionId>,
    /// Only this record, if it comes from no other, and those that come from it, through any number of records.
    root_id: Option<ContributionId>,
    /// Only those with this status.
    status: Option<ContributionStatus>,
    /// Only those with this earmarking.
    earmarking: Option<Earmarking>,
    /// Only for this usage year.
    #[param(minimum = 1900, maximum = 2200)]
    year: Option<i32>,
    /// Only for this country: ISO 3166-1 alpha-3 code.
    #[param(max_length = 3)]
    country: Option<String>,
    /// `source:reference`, such as `fts:168515`.
    #[param(max_length = 150)]
    external_ref: Option<String>,
    /// Only our own records whose money FTS reports (`linked`), may report (`proposed`) or does not report
    /// (`not_in_fts`), or all other contributions (`not_applicable`). Staff only.
    in_fts: Option<InFts>,
    /// Only those that count in this year's figures: paid or committed, by decision date (else by flow date, else by
    /// the date first reported).
    #[param(minimum = 1900, maximum = 2200)]
    counted_year: Option<i32>,
    /// Only those of this office and the offices below it.
    within_office_id: Option<OfficeId>,
}

/// A country and years among the filters: there are such.
pub(super) fn checked_place(
    country: Option<&str>,
    years: &[(&'static str, Option<i32>)],
) -> Result<(), Problem> {
    service::country("country", country)?;
    years.iter().try_for_each(|(name, year)| service::year(name, *year, super::create::PLAUSIBLE_YEARS))
}

impl ContributionFilter {
    fn checked(&self) -> Result<Filter, Problem> {
        let years = [("year", self.year), ("counted_year", self.counted_year)];
        checked_place(self.country.as_deref(), &years)?;
        let external = match self.external_ref.as_deref().map(|text| text.split_once(':')) {
            Some(None) => {
                let fault = Fault::wrong_format("fts:12345", "must be source:reference");
                return Err(Problem::invalid_parameter("external_ref", fault));
            }
            Some(Some((source, reference))) => Some((source.to_owned(), reference.to_owned())),
            None => None,
        };
        let scope = self.scope.unwrap_or(if external.is_some() { MoneyScope::All } else { MoneyScope::Ours });
        Ok(Filter {
            donor_id: self.donor_id,
            office_id: self.office_id,
            agreement_id: self.agreement_id,
            parent_id: self.parent_id,
            root_id: self.root_id,
            status: self.status,
            earmarking: self.earmarking,
            year: self.year,
            country: self.country.clone(),
            external,
            in_fts: self.in_fts,
            counted_year: self.counted_year,
            scope: Some(scope),
            ..Filter::default()
        })
    }

    /// The filters that are looked up first.
    async fn looked_up(
        &self,
        db: &Snapshot,
        scope: &TenantScope,
        filter: Filter,
    ) -> Result<Filter, ::store::StoreError> {
        let organisation_id = scope.organisation_id();
        let offices = match self.within_office_id {
            Some(office_id) => Some(office::with_descendants(db, organisation_id, office_id).await?),
            None => None,
        };
        let plan = plan_target(db, scope, self.plan_id).await?;
        let givers = givers(db, scope, self.q.as_deref()).await?;
        Ok(Filter { offices, plan, givers, ..filter })
    }
}

/// What a plan is called among the targets of records.
pub(super) async fn plan_target(
    db: &Snapshot,
    scope: &TenantScope,
    plan_id: Option<PlanId>,
) -> Result<Option<String>, ::store::StoreError> {
    let Some(plan_id) = plan_id else { return Ok(None) };
    // A donor's representative does not read plans; what a plan is called in FTS tells it nothing.
    let organisation_id = scope.organisation_id();
    let found = db.across_offices(scope, async |all| plan::find(all, organisation_id, plan_id).await).await?;
    Ok(Some(target::of_plan(&found.map_or_else(|| plan_id.to_string(), |plan| plan.object().id))))
}

/// The donors whose names have these words, or words like them.
async fn givers(
    db: &Snapshot,
    scope: &TenantScope,
    q: Option<&str>,
) -> Result<Option<Givers>, ::store::StoreError> {
    let Some(words) = q.map(search_key).filter(|words| !words.is_empty()) else { return Ok(None) };
    let most = MAX_PARTS as u64;
    let page = PageRequest { name: "donors", limit: most, cursor: None, fingerprint: String::new() };
    let named = donor::store::Filter { search: Some(words.clone()), ..Default::default() };
    let found = donor::store::list(scope, db, &named, &page, None).await?;
    if found.len() > MAX_PARTS {
        return Ok(Some(Givers::Named(words)));
    }
    Ok(Some(Givers::These(found.into_iter().map(|donor| donor.id).collect())))
}

/// Lists contributions
///
/// Contributions of the caller's office and the offices below it, newest first: what this organisation was given, unless
/// `scope` asks for every reported flow. A donor's representative sees the donor's own contributions that are visible to
/// it, each amount once.
#[utoipa::path(tag = "contributions", params(ContributionFilter, Paging), security(("oauth2" = ["contributions:read"])),
    responses((status = 200, description = "The contributions", body = Envelope<Contribution>), ReadProblems))]
#[get("/v1/contributions")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::ContributionsRead>,
    context: Data<Context>,
    listed: Listed<ContributionFilter>,
) -> ApiResult {
    let only_counting = caller.claims.donor_id.is_some();
    let filter = Filter { only_counting, ..listed.filter.checked()? };
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
