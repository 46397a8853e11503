//! How many reports were on time: per office, per donor, or in all.

use super::store::Filter;
use ::store::{Scope, StoreError, office, sql};
use actix_web::{HttpRequest, get, web::Data};
use auth::{Caller, perm};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::Problem;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use service::{Answer, Cell, Context, Envelope, Parameters, Row, openapi::ReadProblems};
use std::{collections::BTreeMap, rc::Rc};
use tokio::sync::OnceCell;
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

/// When reports were due and handed in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delivery {
    pub(crate) due_at: DateTime<Utc>,
    pub(crate) submitted_at: Option<DateTime<Utc>>,
    /// How many they are.
    pub(crate) count: i64,
}

/// The figures of some reports. A report counts as late by whole days begun after its due date had ended.
pub(crate) fn figures(deliveries: &[Delivery], now: DateTime<Utc>) -> Compliance {
    let mut sums = Compliance::default();
    let mut lateness: Vec<(i64, i64)> = Vec::new();
    for &Delivery { due_at, submitted_at, count } in deliveries {
        if due_at > now {
            // Handed in before it is due: it is not due any more, and was not late.
            if submitted_at.is_none() && due_at - now <= chrono::TimeDelta::days(30) {
                sums.due_soon += count;
            }
            continue;
        }
        sums.due += count;
        let until = submitted_at.unwrap_or(now);
        if until <= due_at {
            sums.on_time += count;
            continue;
        }
        *if submitted_at.is_some() { &mut sums.late } else { &mut sums.overdue } += count;
        lateness.push(((until - due_at).num_days() + 1, count));
    }
    sums.median_days_late = median(lateness);
    sums.on_time_percent = kernel::money::percent(sums.on_time, sums.due);
    sums
}

/// The value in the middle, or between the two in the middle; each stands as often as the number beside it says.
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
    // Reports that are due at one time, and those of them that were handed in in time, count alike.
    let text = format!(
        "SELECT {key}, r.due_at, CASE WHEN r.submitted_at <= r.due_at THEN r.due_at ELSE r.submitted_at END, count(*)
         FROM report r WHERE {conditions} GROUP BY 1, 2, 3"
    );
    let mut deliveries: BTreeMap<Uuid, Vec<Delivery>> = BTreeMap::new();
    for row in sql::rows(db, &text, values).await? {
        let delivery = Delivery {
            due_at: row.try_get_by_index(1)?,
            submitted_at: row.try_get_by_index(2)?,
            count: row.try_get_by_index(3)?,
        };
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
    found.sort_by_cached_key(place);
    Ok(found)
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
    /// Rows of a page, 1 to 200.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
    /// Where to go on: `next_cursor` of the page before.
    #[param(max_length = 2000)]
    cursor: Option<String>,
}

/// How punctual reports are
///
/// For each office of the caller's (or each donor): reports due, on time, late and overdue, and by how much; the most
/// overdue first.
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
    let ComplianceFilter { office_id, donor_id, due_from, due_until, limit, cursor, .. } = filter.0.clone();
    let checked = Filter { office_id, donor_id, due_from, due_until, ..Filter::default() };
    let filters = (&ComplianceFilter { limit: None, cursor: None, ..filter.0 }, caller.claims.sub);
    // Worked out once for all pages of a file.
    let counted = Rc::new(OnceCell::new());
    service::list(&request, "report-compliance", &filters, limit, cursor, move |page| {
        let (context, scope, filter) = (context.clone(), scope.clone(), checked.clone());
        let counted = Rc::clone(&counted);
        Box::pin(async move {
            let after = page.after()?;
            let count = || async {
                let db = context.store.read(&scope).await?;
                groups(&scope, &db, &filter, by, context.store.clock().now()).await
            };
            let all: &Vec<Compliance> = counted.get_or_try_init(count).await?;
            let first = after.map_or(0, |after| all.partition_point(|row| place(row) <= after));
            let most = usize::try_from(page.limit + 1).unwrap_or(usize::MAX);
            Ok(page.page(all[first..].iter().take(most).cloned().collect(), place))
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
            count: 1,
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

    #[test]
    fn the_median_is_that_of_all_values_written_out() {
        let lists: [&[(i64, i64)]; 5] =
            [&[(5, 1)], &[(9, 1), (1, 3)], &[(9, 3), (1, 3)], &[(2, 2), (4, 1), (7, 2)], &[(3, 1), (8, 1)]];
        for values in lists {
            let mut all: Vec<i64> =
                values.iter().flat_map(|(value, count)| (0..*count).map(|_| *value)).collect();
            all.sort_unstable();
            let expected = i64::midpoint(all[(all.len() - 1) / 2], all[all.len() / 2]);
            assert_eq!(median(values.to_vec()), Some(expected), "{values:?}");
        }
        assert_eq!(median(Vec::new()), None);
    }
}
