//! How many reports were on time: per office, per donor, or in all.

use super::report::store::Filter;
use ::store::{StoreError, TenantScope, list::plan_for_values, params, sql};
use actix_web::{HttpRequest, get, web::Data};
use auth::{Caller, perm};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{DonorId, OfficeId, OrganisationId};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{ApiResult, Column, Context, Envelope, Listed, Paging, Row, openapi::ReadProblems};
use std::collections::{BTreeMap, HashMap};
use tokio::sync::OnceCell;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Reporting compliance of an office, or towards a donor.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct Compliance {
    /// The office or the donor; null for the total.
    pub(crate) id: Option<Uuid>,
    #[schema(max_length = 300)]
    pub(crate) name: Option<String>,
    /// Reports whose due date has passed.
    #[schema(minimum = 0)]
    pub(crate) due: i64,
    /// Of these, submitted on time.
    #[schema(minimum = 0)]
    pub(crate) on_time: i64,
    /// Of these, submitted late.
    #[schema(minimum = 0)]
    pub(crate) late: i64,
    /// Of these, still outstanding.
    #[schema(minimum = 0)]
    pub(crate) overdue: i64,
    /// Percentage of due reports that were submitted on time, one decimal; null when none was due.
    #[schema(example = "83.3", max_length = 6)]
    pub(crate) on_time_percent: Option<String>,
    /// Median delay in days of the reports that were submitted late or are overdue; null when there are none.
    #[schema(minimum = 0)]
    pub(crate) median_days_late: Option<i64>,
    /// Reports due in the next 30 days.
    #[schema(minimum = 0)]
    pub(crate) due_soon: i64,
}

impl Row for Compliance {
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |row| row.id.into()),
        ("name", |row| row.name.clone().into()),
        ("due", |row| row.due.into()),
        ("on_time", |row| row.on_time.into()),
        ("late", |row| row.late.into()),
        ("overdue", |row| row.overdue.into()),
        ("on_time_percent", |row| row.on_time_percent.clone().into()),
        ("median_days_late", |row| row.median_days_late.into()),
        ("due_soon", |row| row.due_soon.into()),
    ];
}

/// The median; each value is weighted by the count beside it.
fn median(mut values: Vec<(i64, i64)>) -> Option<i64> {
    values.sort_unstable();
    let all: i64 = values.iter().map(|(_, count)| count).sum();
    let at = |place: i64| {
        let mut before = 0;
        values.iter().find_map(|(value, count)| {
            before += count;
            (place < before).then_some(*value)
        })
    };
    Some(i64::midpoint(at((all - 1) / 2)?, at(all / 2)?))
}

kernel::closed_set! {
    /// What compliance is counted by.
    pub(crate) enum ComplianceGroup {
        Office = "office",
        Donor = "donor",
    }
}

/// The figures of every office or donor that the filter leaves any report of. A report counts as late by whole days begun
/// after its due date had ended.
async fn groups(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    filter: &Filter,
    by: ComplianceGroup,
    now: DateTime<Utc>,
) -> Result<Vec<Compliance>, StoreError> {
    let mut conditions = filter.conditions(scope);
    conditions.and_also("r.state <> 'cancelled'");
    let (conditions, mut values) = conditions.end();
    let key = if by == ComplianceGroup::Office { "r.office_id" } else { "r.donor_id" };
    values.extend(params![now, now + chrono::TimeDelta::days(30)]);
    let (now_at, soon_at) = (values.len() - 1, values.len());
    let count = |condition: &str| format!("sum(CASE WHEN {condition} THEN 1 ELSE 0 END)");
    // Handed in before it is due: it is not due any more, and was not late.
    let text = format!(
        "SELECT {key}, {}, {} FROM report r WHERE {conditions} GROUP BY 1",
        count(&format!("r.due_at <= ${now_at} AND r.submitted_at <= r.due_at")),
        count(&format!("r.due_at > ${now_at} AND r.due_at <= ${soon_at} AND r.submitted_at IS NULL")),
    );
    plan_for_values(db).await?;
    let mut found: BTreeMap<Uuid, Compliance> = BTreeMap::new();
    for row in sql::rows(db, &text, values.clone()).await? {
        let id: Uuid = row.try_get_by_index(0)?;
        let (on_time, due_soon) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        found.insert(id, Compliance { on_time, due_soon, ..Compliance::default() });
    }
    values.pop();
    // What is owed from one due date is late by one number of days.
    let text = format!(
        "SELECT {key}, r.due_at, r.submitted_at, count(*) FROM report r WHERE {conditions}
           AND r.due_at <= ${now_at} AND (r.submitted_at IS NULL OR r.submitted_at > r.due_at) GROUP BY 1, 2, 3"
    );
    let mut lateness: BTreeMap<Uuid, Vec<(i64, i64)>> = BTreeMap::new();
    for row in sql::rows(db, &text, values).await? {
        let id: Uuid = row.try_get_by_index(0)?;
        let (due_at, submitted_at): (DateTime<Utc>, Option<DateTime<Utc>>) =
            (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        let count: i64 = row.try_get_by_index(3)?;
        let figures = found.entry(id).or_default();
        *if submitted_at.is_some() { &mut figures.late } else { &mut figures.overdue } += count;
        lateness.entry(id).or_default().push(((submitted_at.unwrap_or(now) - due_at).num_days() + 1, count));
    }
    let mut names = names(scope, db, by, found.keys().copied().collect()).await?;
    let mut found: Vec<Compliance> = found
        .into_iter()
        .map(|(id, figures)| {
            let due = figures.on_time + figures.late + figures.overdue;
            Compliance {
                id: Some(id),
                name: names.remove(&id),
                due,
                on_time_percent: kernel::money::percent(figures.on_time, due),
                median_days_late: median(lateness.remove(&id).unwrap_or_default()),
                ..figures
            }
        })
        .collect();
    found.sort_by_cached_key(place);
    Ok(found)
}

async fn names(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    by: ComplianceGroup,
    ids: Vec<Uuid>,
) -> Result<HashMap<Uuid, String>, StoreError> {
    // By the key alone: an index that begins with the organisation would be searched from end to end.
    let text = match by {
        ComplianceGroup::Office => "SELECT id, name, organisation_id FROM office WHERE true",
        ComplianceGroup::Donor => "SELECT id, name, organisation_id FROM donor WHERE true",
    };
    let mut names = HashMap::with_capacity(ids.len());
    for row in sql::select_by_keys(db, text, vec![], "id", ids.into_iter().map(Into::into)).await? {
        if scope.organisation_id() == row.try_get_by_index::<OrganisationId>(2)? {
            names.insert(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        }
    }
    Ok(names)
}

/// The most overdue first, then those with most reports.
fn place(of: &Compliance) -> (i64, i64, Option<String>, Option<Uuid>) {
    (-of.overdue, -of.due, of.name.clone(), of.id)
}

/// What to count.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ComplianceFilter {
    /// Defaults to `office`.
    #[param(inline)]
    by: Option<ComplianceGroup>,
    /// Only of this office.
    office_id: Option<OfficeId>,
    /// Only of this donor.
    donor_id: Option<DonorId>,
    /// Due on or after this date.
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    due_from: Option<NaiveDate>,
    /// Due on or before this date.
    #[serde(default, deserialize_with = "kernel::date::optional_day")]
    due_until: Option<NaiveDate>,
}

/// Gets reporting compliance
///
/// For each office of the caller's tree (or each donor): reports due, on time, late and overdue, and the delay; most
/// overdue first.
#[utoipa::path(tag = "reports", params(ComplianceFilter, Paging), security(("oauth2" = ["reports:read"])),
    responses((status = 200, description = "The figures", body = Envelope<Compliance>), ReadProblems))]
#[get("/v1/report-compliance")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::ReportsRead>,
    context: Data<Context>,
    listed: Listed<ComplianceFilter>,
) -> ApiResult {
    let by = listed.filter.by.unwrap_or(ComplianceGroup::Office);
    let scope = context.scope(&caller.claims).await?;
    let ComplianceFilter { office_id, donor_id, due_from, due_until, .. } = listed.filter.clone();
    let filter = Filter { office_id, donor_id, due_from, due_until, ..Filter::default() };
    let filters = (listed.filter, caller.claims.sub);
    let now = context.store.clock().now();
    // Worked out once for all pages of a file.
    let counted = OnceCell::new();
    let page = listed.paging.of("report-compliance", &filters)?;
    service::list(&request, &context, scope, page, async move |db, scope, page| {
        let after = page.after()?;
        let count = || groups(scope, db, &filter, by, now);
        let all: &Vec<Compliance> = counted.get_or_try_init(count).await?;
        let first = after.map_or(0, |after| all.partition_point(|row| place(row) <= after));
        let most = usize::try_from(page.limit + 1).unwrap_or(usize::MAX);
        Ok(page.page(all[first..].iter().take(most).cloned().collect(), place))
    })
    .await
}

#[cfg(test)]
mod tests;
