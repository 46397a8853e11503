//! What the public lists of donors and of countries are read from: totals kept in the order of the list, so that a page
//! costs its rows and not the whole list. They repeat the totals among the cells (see [`super::store`]).
//!
//! Numbers by which a list is sorted downwards are kept negative: so one index, read upwards, has the whole order.

use super::{
    fact::Amounts,
    rows::{public_country, public_donor},
    store::CellKey,
};
use crate::plan::store::escaped;
use kernel::{DonorId, DonorType, MoneyScope, OrganisationId, Word};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use store::{Merge, StoreError, merge_models, params, sql};

/// How the public's scopes of donors begin, and whose money they count.
const DONORS: [(&str, MoneyScope); 2] =
    [("public-donor:", MoneyScope::Ours), ("public-donor-all:", MoneyScope::All)];
const COUNTRY: &str = "country:";

/// Adds what cells changed by to the lists. Of all cells, the totals of donors and countries count; they come in the
/// order of their keys, or two transactions could wait for each other. After `departures` rows may count nothing any more.
pub(super) async fn add<'a>(
    db: &impl ConnectionTrait,
    deltas: impl Iterator<Item = (&'a CellKey, Amounts)>,
    departures: bool,
) -> Result<(), StoreError> {
    let (mut donors, mut countries) = (Vec::new(), Vec::new());
    for ((organisation_id, scope, dimension, _), delta) in deltas {
        if *dimension != "total" {
            continue;
        }
        let organisation_id = *organisation_id;
        let Amounts { paid, commitment, pledge, funding_flows, pledge_flows } = delta;
        let minus_funding = -delta.funding();
        if let Some((scope, donor_id)) = donor(scope) {
            donors.push(public_donor::Model {
                organisation_id,
                scope,
                donor_id,
                minus_funding,
                paid,
                commitment,
                pledge,
                funding_flows,
                pledge_flows,
            });
        } else if let Some((country, year)) = country_year(scope) {
            countries.push(public_country::Model {
                organisation_id,
                country: country.to_owned(),
                minus_year: -year,
                minus_funding,
                paid,
                commitment,
                pledge,
                funding_flows,
                pledge_flows,
            });
        }
    }
    merge_models(db, &donors, |_| Merge::Add).await?;
    merge_models(db, &countries, |_| Merge::Add).await?;
    for table in ["public_donor", "public_country"].into_iter().filter(|_| departures) {
        let empty = format!("DELETE FROM {table} WHERE funding_flows = 0 AND pledge_flows = 0");
        sql::execute(db, &empty, vec![]).await?;
    }
    Ok(())
}

/// The donor of a scope that is one of a donor as the public sees it, and whose money it counts.
fn donor(scope: &str) -> Option<(MoneyScope, DonorId)> {
    let of = |(prefix, money): &(&str, MoneyScope)| Some((*money, scope.strip_prefix(prefix)?.parse().ok()?));
    DONORS.iter().find_map(of)
}

fn country_year(scope: &str) -> Option<(&str, i64)> {
    let (country, year) = scope.strip_prefix(COUNTRY)?.split_once(':')?;
    Some((country, year.parse().ok()?))
}

/// A donor in the public list.
#[derive(Debug, FromQueryResult)]
pub(crate) struct Donor {
    pub(crate) id: DonorId,
    pub(crate) name: String,
    pub(crate) name_fr: Option<String>,
    pub(crate) name_es: Option<String>,
    pub(crate) donor_type: Word<DonorType>,
    paid: i64,
    commitment: i64,
    pledge: i64,
    funding_flows: i64,
    pledge_flows: i64,
}

impl Donor {
    pub(crate) fn amounts(&self) -> Amounts {
        let Self { paid, commitment, pledge, funding_flows, pledge_flows, .. } = *self;
        Amounts { paid, commitment, pledge, funding_flows, pledge_flows }
    }
}

/// What a search is compared with: all names of a donor, without their case.
pub(crate) fn searched(names: [Option<&str>; 3]) -> String {
    let names: Vec<String> = names.into_iter().flatten().map(str::to_lowercase).collect();
    names.join("\n")
}

/// Donors with public contributions of a scope after one with this funding and id, the largest first.
pub(crate) async fn donors(
    db: &impl ConnectionTrait,
    (organisation_id, scope): (OrganisationId, MoneyScope),
    search: Option<&str>,
    after: Option<(i64, DonorId)>,
    limit: u64,
) -> Result<Vec<Donor>, StoreError> {
    let (text, parameters) = donors_page((organisation_id, scope), search, after, limit);
    sql::all(db, &text, parameters).await
}

/// The query of a page, and what goes into it.
pub(super) fn donors_page(
    (organisation_id, scope): (OrganisationId, MoneyScope),
    search: Option<&str>,
    after: Option<(i64, DonorId)>,
    limit: u64,
) -> (String, Vec<Value>) {
    let mut parameters = params![organisation_id, scope];
    let mut text = "SELECT d.id, d.name, d.name_fr, d.name_es, d.donor_type, p.paid, p.commitment, p.pledge,
                           p.funding_flows, p.pledge_flows
                    FROM public_donor p JOIN known_donor d ON d.id = p.donor_id AND d.organisation_id = $1
                    WHERE p.organisation_id = $1 AND p.scope = $2 AND p.funding_flows + p.pledge_flows > 0"
        .to_owned();
    if let Some((funding, id)) = after {
        parameters.extend(params![-funding, id]);
        text.push_str(" AND (p.minus_funding, p.donor_id) > ($3, $4)");
    }
    if let Some(search) = search {
        parameters.push(format!("%{}%", escaped(&search.to_lowercase())).into());
        text.push_str(&format!(" AND d.search LIKE ${} ESCAPE '\\'", parameters.len()));
    }
    text.push_str(&format!(" ORDER BY p.minus_funding, p.donor_id LIMIT {limit}"));
    (text, parameters)
}

/// A country and a year in the public list.
#[derive(Debug, FromQueryResult)]
pub(crate) struct Country {
    pub(crate) country: String,
    minus_year: i64,
    paid: i64,
    commitment: i64,
    pledge: i64,
    funding_flows: i64,
    pledge_flows: i64,
}

impl Country {
    pub(crate) fn year(&self) -> i32 {
        i32::try_from(-self.minus_year).unwrap_or_default()
    }

    pub(crate) fn amounts(&self) -> Amounts {
        let Self { paid, commitment, pledge, funding_flows, pledge_flows, .. } = *self;
        Amounts { paid, commitment, pledge, funding_flows, pledge_flows }
    }
}

/// Countries with public funding after one of this year, funding and code: the latest year first, then the largest.
pub(crate) async fn countries(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    year: Option<i32>,
    after: Option<(i32, i64, String)>,
    limit: u64,
) -> Result<Vec<Country>, StoreError> {
    let (text, parameters) = countries_page(organisation_id, year, after, limit);
    sql::all(db, &text, parameters).await
}

/// The query of a page, and what goes into it.
pub(super) fn countries_page(
    organisation_id: OrganisationId,
    year: Option<i32>,
    after: Option<(i32, i64, String)>,
    limit: u64,
) -> (String, Vec<Value>) {
    let mut parameters = params![organisation_id];
    let mut text = "SELECT country, minus_year, paid, commitment, pledge, funding_flows, pledge_flows
                    FROM public_country WHERE organisation_id = $1 AND funding_flows + pledge_flows > 0"
        .to_owned();
    if let Some(year) = year {
        parameters.push((-i64::from(year)).into());
        text.push_str(&format!(" AND minus_year = ${}", parameters.len()));
    }
    if let Some((year, funding, country)) = after {
        let first = parameters.len() + 1;
        parameters.extend(params![-i64::from(year), -funding, country]);
        let (second, third) = (first + 1, first + 2);
        text.push_str(&format!(
            " AND (minus_year, minus_funding, country) > (${first}, ${second}, ${third})"
        ));
    }
    text.push_str(&format!(" ORDER BY minus_year, minus_funding, country LIMIT {limit}"));
    (text, parameters)
}
