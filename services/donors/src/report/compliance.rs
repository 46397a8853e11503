//! How many reports were on time: per office, per donor, or in all.

use super::store::Filter;
use ::store::{Scope, StoreError, office, sql};
use actix_web::{HttpRequest, get, web::Data};
use auth::{Caller, perm};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{Problem, pagination::Page};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{Answer, Cell, Context, Envelope, Parameters, Row, openapi::ReadProblems};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// How punctual an office, or the reports of a donor, are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct Compliance {
    /// The office or the donor; null for all together.
    pub(crate) id: Option<Uuid>,
    #[schema(max_length = 300)]
    pub(crate) name: Option<String>,
    /// Reports whose due date has passed.
    #[schema(minimum = 0)]
    pub(crate) due: i64,
    /// Of these, handed in by then.
    #[schema(minimum = 0)]
    pub(crate) on_time: i64,
    /// Of these, handed in later.
    #[schema(minimum = 0)]
    pub(crate) late: i64,
    /// Of these, still owed.
    #[schema(minimum = 0)]
    pub(crate) overdue: i64,
    /// Of those due, the percentage on time, one decimal; null when nothing was due.
    #[schema(example = "83.3", max_length = 6)]
    pub(crate) on_time_percent: Option<String>,
    /// The median of the days by which those handed in late, or still owed, are late; null when none is.
    #[schema(minimum = 0)]
    pub(crate) median_days_late: Option<i64>,
    /// Reports due in the next 30 days.
    #[schema(minimum = 0)]
    pub(crate) due_soon: i64,
}

impl Row for Compliance {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "name",
        "due",
        "on_time",
        "late",
        "overdue",
        "on_time_percent",
        "median_days_late",
        "due_soon",
    ];
    fn cells(&self) -> Vec<Cell> {
        vec![
            self.id.map(|id| id.to_string()).into(),
            self.name.clone().into(),
            self.due.into(),
            self.on_time.into(),
            self.late.into(),
            self.overdue.into(),
            self.on_time_percent.clone().into(),
            self.median_days_late.into(),
            self.due_soon.into(),
        ]
    }
}

/// When one report was due and handed in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delivery {
    pub(crate) due_at: DateTime<Utc>,
    pub(crate) submitted_at: Option<DateTime<Utc>>,
}

/// The figures of some reports. A report counts as late by whole days begun after its due date had ended.
pub(crate) fn figures(deliveries: &[Delivery], now: DateTime<Utc>) -> Compliance {
    let mut sums = Compliance::default();
    let mut lateness: Vec<i64> = Vec::new();
    for delivery in deliveries {
        if delivery.due_at > now {
            // Handed in before it is due: it is not due any more, and was not late.
            let soon = delivery.due_at - now <= chrono::TimeDelta::days(30);
            sums.due_soon += i64::from(delivery.submitted_at.is_none() && soon);
            continue;
        }
        sums.due += 1;
        let until = delivery.submitted_at.unwrap_or(now);
        if until <= delivery.due_at {
            sums.on_time += 1;
            continue;
        }
        sums.late += i64::from(delivery.submitted_at.is_some());
        sums.overdue += i64::from(delivery.submitted_at.is_none());
        lateness.push((until - delivery.due_at).num_days() + 1);
    }
    lateness.sort_unstable();
    sums.median_days_late = match lateness.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(lateness[odd / 2]),
        even => Some(i64::midpoint(lateness[even / 2 - 1], lateness[even / 2])),
    };
    sums.on_time_percent = kernel::money::percent(sums.on_time, sums.due);
    sums
}

/// By what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Office,
    Donor,
}

async fn groups(
    scope: &Scope,
    db: &impl ConnectionTrait,
    filter: &Filter,
    by: By,
    now: DateTime<Utc>,
) -> Result<Vec<Compliance>, StoreError> {
    let mut conditions = filter.conditions(scope);
    conditions.and_also("r.state <> 'cancelled'");
    let (conditions, values) = conditions.end();
    let key = if by == By::Office { "r.office_id" } else { "r.donor_id" };
    let text = format!("SELECT {key}, r.due_at, r.submitted_at FROM report r WHERE {conditions}");
    let mut deliveries: BTreeMap<Uuid, Vec<Delivery>> = BTreeMap::new();
    for row in sql::rows(db, &text, values).await? {
        let delivery = Delivery { due_at: row.try_get_by_index(1)?, submitted_at: row.try_get_by_index(2)? };
        deliveries.entry(row.try_get_by_index(0)?).or_default().push(delivery);
    }
    let donors = match by {
        By::Donor => crate::donor::store::by_ids(scope, db, deliveries.keys().copied()).await?,
        By::Office => std::collections::HashMap::new(),
    };
    let mut found = Vec::new();
    for (id, of) in deliveries {
        let name = match by {
            By::Donor => donors.get(&id).map(|donor| donor.name.clone()),
            By::Office => {
                let organisation_id = scope.organisation_id().unwrap_or_default();
                office::find(db, organisation_id, id).await?.map(|office| office.name)
            }
        };
        found.push(Compliance { id: Some(id), name, ..figures(&of, now) });
    }
    found.sort_by(|a, b| (b.overdue, b.due, &a.name).cmp(&(a.overdue, a.due, &b.name)));
    Ok(found)
}

/// What to count.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ComplianceFilter {
    /// `office` (unless told otherwise) or `donor`.
    #[param(max_length = 10)]
    by: Option<String>,
    /// Only this office's.
    office_id: Option<Uuid>,
    /// Only this donor's.
    donor_id: Option<Uuid>,
    /// Due on this day or after.
    due_from: Option<NaiveDate>,
    /// Due on this day or before.
    due_until: Option<NaiveDate>,
}

/// How punctual reports are
///
/// For each office of the caller's (or each donor): reports due, on time, late and overdue, and by how much; the most
/// overdue first. The whole list is one page.
#[utoipa::path(tag = "reports", params(ComplianceFilter), security(("oauth2" = ["reports:read"])),
    responses((status = 200, description = "The figures", body = Envelope<Compliance>), ReadProblems))]
#[get("/v1/report-compliance")]
pub(crate) async fn list(
    request: HttpRequest,
    caller: Caller<perm::ReportsRead>,
    context: Data<Context>,
    filter: Parameters<ComplianceFilter>,
) -> Answer {
    let by = match filter.0.by.as_deref() {
        None | Some("office") => By::Office,
        Some("donor") => By::Donor,
        Some(_) => return Err(Problem::invalid_parameter("by", "must be office or donor").into()),
    };
    let scope = context.scope(&caller.claims).await?;
    let ComplianceFilter { office_id, donor_id, due_from, due_until, .. } = filter.0.clone();
    let checked = Filter { office_id, donor_id, due_from, due_until, ..Filter::default() };
    let filters = (&filter.0, caller.claims.sub);
    service::list(&request, "report-compliance", &filters, None, None, move |_| {
        let (context, scope, filter) = (context.clone(), scope.clone(), checked.clone());
        Box::pin(async move {
            let db = context.store.read(&scope).await?;
            let items = groups(&scope, &db, &filter, by, context.store.clock().now()).await?;
            Ok(Page { items, next: None })
        })
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_is_counted_in_days_begun_and_what_is_not_due_is_not_counted() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let delivery = |due: &str, submitted: Option<&str>| Delivery {
            due_at: at(due),
            submitted_at: submitted.map(at),
        };
        let now = at("2026-06-01T12:00:00Z");
        let sums = figures(
            &[
                delivery("2026-05-01T22:00:00Z", Some("2026-05-01T21:59:59Z")),
                delivery("2026-05-01T22:00:00Z", Some("2026-05-01T22:00:01Z")),
                delivery("2026-05-01T22:00:00Z", Some("2026-05-04T22:00:01Z")),
                delivery("2026-05-31T12:00:00Z", None),
                delivery("2026-06-20T00:00:00Z", None),
                delivery("2026-06-20T00:00:00Z", Some("2026-05-20T00:00:00Z")),
                delivery("2026-12-20T00:00:00Z", None),
            ],
            now,
        );
        let expected = Compliance {
            due: 4,
            on_time: 1,
            late: 2,
            overdue: 1,
            on_time_percent: Some("25.0".to_owned()),
            median_days_late: Some(2),
            due_soon: 1,
            ..Compliance::default()
        };
        assert_eq!(sums, expected);
        assert_eq!(figures(&[], now).on_time_percent, None);
    }
}
