//! Reports for governing bodies: tables of the same figures, each line beside what it was the year before.

use super::{
    api::{Period, asked},
    measure::{Part, REGIONS, TOP_SHARE_DONORS, division, measures, shares},
};
use crate::counted::{NOT_STATED, SEVERAL_REGIONS, Sums, store};
use crate::registry::donor;
use ::store::{StoreError, TenantScope, office};
use actix_web::{HttpRequest, get, web::Data, web::Path};
use auth::{Caller, perm};
use kernel::{DonorId, Money, MoneyScope, Problem, money::percent};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use service::{ApiResult, Cell, Column, Context, Envelope, Parameters, Row, openapi::ReadProblems};
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// Number of donors that the report of the largest donors lists for each year.
const LISTED_DONORS: u32 = 20;
/// What the figures count, as stated on the title sheet.
const COUNTING_RULE: &str = "Contributions that are paid or committed (pledges never count), in US dollars, in the year of their \
                    decision date (where there is none: the flow date, then the date first reported), of the office and \
                    the offices below it. Shares of a division sum to 100.0.";

/// A report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Report {
    TopDonors,
    ByType,
    ByEarmarking,
    ByRegion,
    YearOnYear,
}

/// Whose money it is, as stated on the title sheet.
fn whose(scope: MoneyScope, organisation: Option<&str>) -> String {
    match (scope, organisation) {
        (MoneyScope::Ours, Some(name)) => format!("Given to {name}"),
        (MoneyScope::Ours, None) => "Given to this organisation".to_owned(),
        (MoneyScope::All, _) => "All reported flows, whoever receives them".to_owned(),
    }
}

impl Report {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "top_donors" => Self::TopDonors,
            "by_type" => Self::ByType,
            "by_earmarking" => Self::ByEarmarking,
            "by_region" => Self::ByRegion,
            "year_on_year" => Self::YearOnYear,
            _ => return None,
        })
    }

    /// The name of its file, and its title.
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::TopDonors => ("top-donors", "Top donors"),
            Self::ByType => ("by-type", "Funding by donor type"),
            Self::ByEarmarking => ("by-earmarking", "Funding by earmarking"),
            Self::ByRegion => ("by-region", "Funding by region of destination"),
            Self::YearOnYear => ("year-on-year", "Funding year on year"),
        }
    }
}

/// A row of a governance report.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Line {
    #[schema(example = 2025)]
    pub(crate) year: i32,
    /// A donor's id, a donor type, an earmarking, an M49 region code or a measure; `others`, `several` or `not_stated`;
    /// and `total` for the last row of each year.
    #[schema(example = "government", max_length = 40)]
    pub(crate) key: String,
    /// The donor's name, or the key in English.
    #[schema(example = "Government", max_length = 300)]
    pub(crate) name: String,
    pub(crate) amount: Money,
    /// Percentage of the year's total (for the ten largest donors: of contributions whose donor is stated), one
    /// decimal; null when the total is zero or the row is not a part of it.
    #[schema(example = "61.3", max_length = 8)]
    pub(crate) share_percent: Option<String>,
    /// Number of records (top donors, by earmarking, by region, the total) or of donors (by type, new, lapsed, the ten
    /// largest).
    #[schema(minimum = 0)]
    pub(crate) count: i64,
    /// Amount of the previous year.
    pub(crate) previous: Money,
    pub(crate) change: Money,
    /// Change from the previous year in percent, one decimal; null when the previous year was zero.
    #[schema(example = "-4.2", max_length = 20)]
    pub(crate) change_percent: Option<String>,
}

impl Row for Line {
    const COLUMNS: &'static [Column<Self>] = &[
        ("year", |row| i64::from(row.year).into()),
        ("key", |row| row.key.as_str().into()),
        ("name", |row| row.name.as_str().into()),
        ("amount_usd", |row| row.amount.into()),
        ("share_percent", |row| row.share_percent.clone().into()),
        ("count", |row| row.count.into()),
        ("previous_usd", |row| row.previous.into()),
        ("change_usd", |row| row.change.into()),
        ("change_percent", |row| row.change_percent.clone().into()),
    ];
}

/// A key in English: `softly_earmarked` is "Softly earmarked".
fn english(key: &str) -> String {
    if let Some((_, region)) = REGIONS.iter().find(|(code, _)| *code == key) {
        return (*region).to_owned();
    }
    match key {
        SEVERAL_REGIONS => "Several regions".to_owned(),
        _ => {
            let words = key.replace('_', " ");
            let mut letters = words.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        }
    }
}

fn line(year: i32, key: &str, cents: i64, previous: i64, count: i64) -> Line {
    let change = cents - previous;
    Line {
        year,
        key: key.to_owned(),
        name: english(key),
        amount: Money::usd(cents),
        share_percent: None,
        count,
        previous: Money::usd(previous),
        change: Money::usd(change),
        change_percent: percent(change, previous),
    }
}

fn total(year: i32, now: &Sums, before: &Sums) -> Line {
    let (cents, records) = now.part("total");
    let share_percent = (cents > 0).then(|| "100.0".to_owned());
    Line { share_percent, ..line(year, "total", cents, before.part("total").0, records) }
}

/// A year by the parts of a division; parts without anything in both years are left out.
fn of_division(year: i32, name: &str, now: &Sums, before: &Sums) -> Vec<Line> {
    let previous: HashMap<String, i64> =
        division(before, name).into_iter().map(|part| (part.key, part.amount.minor())).collect();
    let lines = division(now, name).into_iter().filter_map(|Part { key, amount, share_percent, count }| {
        let was = previous.get(&key).copied().unwrap_or(0);
        let shown = count != 0 || amount.minor() != 0 || was != 0;
        shown.then(|| Line { share_percent, ..line(year, &key, amount.minor(), was, count) })
    });
    lines.chain([total(year, now, before)]).collect()
}

/// The measures of a year that are amounts.
fn year_on_year(year: i32, now: &Sums, before: &Sums, tops: (i64, i64)) -> Vec<Line> {
    let (is, was) = (measures(year, now, tops.0), measures(year - 1, before, tops.1));
    let ten = is.donors.min(i64::from(TOP_SHARE_DONORS));
    let of = |key: &str, is: Money, was: Money, count: i64, share: Option<String>| Line {
        share_percent: share,
        ..line(year, key, is.minor(), was.minor(), count)
    };
    let records = |key: &str| now.part(key).1;
    let flexible = records("earmarking:unearmarked") + records("earmarking:softly_earmarked");
    vec![
        of("flexible", is.flexible, was.flexible, flexible, is.flexible_share_percent),
        of("multi_year", is.multi_year, was.multi_year, records("multi_year"), is.multi_year_share_percent),
        of("top_10", is.top_10, was.top_10, ten, is.top_10_share_percent),
        of(
            "new_donors",
            is.new_amount,
            was.new_amount,
            is.new_donors,
            percent(is.new_amount.minor(), is.total.minor()),
        ),
        of("lapsed_donors", is.lapsed_amount, was.lapsed_amount, is.lapsed_donors, None),
        total(year, now, before),
    ]
}

/// The largest donors of a year, all others together, and what no donor is stated for.
async fn top_donors(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    of: store::Of,
    year: i32,
    (now, before): (&Sums, &Sums),
) -> Result<Vec<Line>, StoreError> {
    let largest = store::largest(db, of, year, LISTED_DONORS).await?;
    let ids: Vec<DonorId> = largest.iter().map(|(donor, ..)| *donor).collect();
    let names = donor::store::by_ids(scope, db, ids.iter().copied()).await?;
    let was = store::given(db, of, year - 1, &ids).await?;
    let unknown = (now.part(&format!("type:{NOT_STATED}")).0, before.part(&format!("type:{NOT_STATED}")).0);
    let named = |cents: &[i64]| cents.iter().sum::<i64>();
    let amounts: Vec<i64> = largest.iter().map(|(_, cents, _)| *cents).collect();
    let previous: Vec<i64> = ids.iter().map(|id| was.get(id).copied().unwrap_or(0)).collect();
    let others = now.part("total").0 - named(&amounts) - unknown.0;
    let others_before = before.part("total").0 - named(&previous) - unknown.1;
    let mut lines = Vec::new();
    for ((id, cents, records), was) in largest.iter().zip(&previous) {
        let name = names.get(id).map_or_else(|| id.to_string(), |donor| donor.name.clone());
        lines.push(Line { name, ..line(year, &id.to_string(), *cents, *was, *records) });
    }
    let stated: i64 = largest.iter().map(|(_, _, records)| *records).sum();
    let rest = store::not_stated_records(db, of, year).await?;
    for (key, is, was, records) in [
        ("others", others, others_before, now.part("total").1 - stated - rest),
        (NOT_STATED, unknown.0, unknown.1, rest),
    ] {
        if (is, was, records) != (0, 0, 0) {
            lines.push(line(year, key, is, was, records));
        }
    }
    let shares = shares(&lines.iter().map(|line| line.amount.minor()).collect::<Vec<_>>());
    for (line, share) in lines.iter_mut().zip(shares) {
        line.share_percent = share;
    }
    lines.push(total(year, now, before));
    Ok(lines)
}

/// Latest year first.
async fn lines(
    scope: &TenantScope,
    db: &impl ConnectionTrait,
    of: store::Of,
    report: Report,
    (from, to): (i32, i32),
) -> Result<Vec<Line>, StoreError> {
    let sums: BTreeMap<i32, Sums> = store::sums(db, of, (from - 1, to)).await?;
    let nothing = Sums::default();
    let mut found = Vec::new();
    for year in (from..=to).rev() {
        let now = sums.get(&year).unwrap_or(&nothing);
        let before = sums.get(&(year - 1)).unwrap_or(&nothing);
        found.extend(match report {
            Report::TopDonors => top_donors(scope, db, of, year, (now, before)).await?,
            Report::ByType => of_division(year, "type", now, before),
            Report::ByEarmarking => of_division(year, "earmarking", now, before),
            Report::ByRegion => of_division(year, "region", now, before),
            Report::YearOnYear => {
                let top = async |year| {
                    let largest = store::largest(db, of, year, TOP_SHARE_DONORS).await?;
                    Ok::<i64, StoreError>(largest.iter().map(|(_, cents, _)| cents).sum())
                };
                year_on_year(year, now, before, (top(year).await?, top(year - 1).await?))
            }
        });
    }
    Ok(found)
}

/// Gets a governance report
///
/// One of `top_donors` (the twenty largest of each year, the others added up), `by_type`, `by_earmarking`, `by_region`
/// (M49 region of the destination countries; `several` for more than one) and `year_on_year`: each row with its share
/// of the year and its change from the previous year, latest year first, total last. Available as JSON, CSV, or XLSX
/// with a title sheet stating organisation, office, years, whose money it is and counting rules. The whole report is one
/// page. Not for donor representatives.
#[utoipa::path(tag = "diversification",
    params(("report" = String, Path, max_length = 20, example = "by_type",
            description = "`top_donors`, `by_type`, `by_earmarking`, `by_region` or `year_on_year`"), Period),
    security(("oauth2" = ["contributions:read"])),
    responses((status = 200, description = "The rows of the report", body = Envelope<Line>), ReadProblems))]
#[get("/v1/governance-reports/{report}")]
pub(crate) async fn get(
    request: HttpRequest,
    caller: Caller<perm::ContributionsRead>,
    context: Data<Context>,
    report: Path<String>,
    period: Parameters<Period>,
) -> ApiResult {
    let now = context.store.clock().now();
    let found = service::read(&context, &caller.claims, async |db, scope| {
        let of = asked(&caller.claims, scope, period.0.office_id, period.0.scope())?;
        let report = Report::from_name(&report).ok_or_else(Problem::not_found)?;
        let years = period.0.years(now.date_naive())?;
        let lines = lines(scope, db, of, report, years).await?;
        let organisation = office::organisation_name(db, of.organisation_id).await?;
        let office = office::find(db, of.organisation_id, of.office_id).await?.map(|office| office.name);
        Ok((report, years, lines, organisation, office))
    });
    let (report, (from, to), lines, organisation, office) = found.await?;
    let (name, title) = report.names();
    let whose = whose(period.0.scope(), organisation.as_deref());
    let about = [
        ("Report", Cell::from(title)),
        ("Organisation", organisation.into()),
        ("Office", office.into()),
        ("Years", format!("{from} to {to}").into()),
        ("Date", now.date_naive().to_string().into()),
        ("Currency", "US dollars".into()),
        ("Whose money", whose.into()),
        ("What counts", COUNTING_RULE.into()),
    ];
    service::report(&request, name, &about, lines).await
}
