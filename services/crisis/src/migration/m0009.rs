//! Counts what contributions count anew, and fills the public lists from it, for which `m0003` and `m0007` only make the
//! tables. What counts where is written out as it was with this version: a migration does what it did when it was new,
//! whatever the service counts by now. A later change of what counts is a migration of its own.

use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use serde::Deserialize;
use std::collections::BTreeMap;
use store::{StoreError, params, sql};
use uuid::Uuid;

struct M0009;

pub(super) fn migration() -> Box<dyn MigrationTrait> {
    Box::new(M0009)
}

impl MigrationName for M0009 {
    fn name(&self) -> &str {
        "m0009_figures"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for M0009 {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let counted = count_anew(manager.get_connection()).await;
        counted.map_err(|error| DbErr::Migration(error.to_string()))
    }
}

/// Rows read per batch.
const BATCH_SIZE: usize = 2000;

/// Paid, commitment, pledge, flows of funding, pledges.
type Sums = [i64; 5];
/// Organisation, scope, dimension, and the key of a member.
type Place = (Uuid, String, &'static str, String);
/// A scope and a dimension that count a contribution, with the member of it; none for "not stated".
type Counting = (String, &'static str, Option<Member>);

/// Who or what a part of the funding belongs to.
#[derive(Clone, Deserialize)]
struct Member {
    key: String,
    external_ref: String,
    name: String,
}

/// A contribution, as far as counting goes, as it is kept in `funding_fact`.
#[derive(Deserialize)]
struct Fact {
    organisation_id: Uuid,
    status: String,
    amount: i64,
    visibility: String,
    country_year: Option<(String, i32)>,
    plans: Vec<Member>,
    plan: Option<Member>,
    donor_id: Option<Uuid>,
    donor: Option<Member>,
    earmarking: Option<Member>,
    recipient: Option<Member>,
    #[serde(default)]
    is_ours: Option<bool>,
    #[serde(default)]
    counts_ours: Option<bool>,
    #[serde(default)]
    counts_reported: Option<bool>,
}

/// Counts the cells from the facts, and fills the lists from the totals among the cells.
pub(crate) async fn count_anew(db: &impl ConnectionTrait) -> Result<(), StoreError> {
    sql::execute(db, "DELETE FROM funding_cell", vec![]).await?;
    let text = format!(
        "SELECT contribution_id, fact FROM funding_fact WHERE contribution_id > $1
         ORDER BY contribution_id LIMIT {BATCH_SIZE}"
    );
    let mut last = Uuid::nil();
    loop {
        let rows = sql::rows(db, &text, params![last]).await?;
        let mut cells: BTreeMap<Place, (Option<Member>, Sums)> = BTreeMap::new();
        for row in &rows {
            last = row.try_get_by_index(0)?;
            let fact: Fact = serde_json::from_str(&row.try_get_by_index::<String>(1)?)?;
            for (scope, dimension, member) in fact.places() {
                let key = member.as_ref().map(|member| member.key.clone()).unwrap_or_default();
                let cell = cells.entry((fact.organisation_id, scope, dimension, key)).or_default();
                // It is called as it was called last.
                cell.0 = member;
                for (sum, part) in cell.1.iter_mut().zip(fact.sums()) {
                    *sum += part;
                }
            }
        }
        write(db, cells).await?;
        if rows.len() < BATCH_SIZE {
            break;
        }
    }
    fill_lists(db).await
}

async fn write(
    db: &impl ConnectionTrait,
    cells: BTreeMap<Place, (Option<Member>, Sums)>,
) -> Result<(), StoreError> {
    let columns = [
        "organisation_id",
        "scope",
        "dimension",
        "member",
        "external_ref",
        "name",
        "paid",
        "commitment",
        "pledge",
        "funding_flows",
        "pledge_flows",
    ];
    let rows = cells.into_iter().map(|((organisation_id, scope, dimension, key), (member, sums))| {
        let [paid, commitment, pledge, funding_flows, pledge_flows] = sums;
        let (external_ref, name) = member.map(|member| (member.external_ref, member.name)).unzip();
        params![
            organisation_id,
            scope,
            dimension,
            key,
            external_ref,
            name,
            paid,
            commitment,
            pledge,
            funding_flows,
            pledge_flows
        ]
    });
    let merged = "ON CONFLICT (organisation_id, scope, dimension, member) DO UPDATE SET
         external_ref = coalesce(excluded.external_ref, funding_cell.external_ref),
         name = coalesce(excluded.name, funding_cell.name),
         paid = funding_cell.paid + excluded.paid,
         commitment = funding_cell.commitment + excluded.commitment,
         pledge = funding_cell.pledge + excluded.pledge,
         funding_flows = funding_cell.funding_flows + excluded.funding_flows,
         pledge_flows = funding_cell.pledge_flows + excluded.pledge_flows";
    sql::insert_many(db, "funding_cell", &columns, rows.collect(), merged).await?;
    Ok(())
}

async fn fill_lists(db: &impl ConnectionTrait) -> Result<(), StoreError> {
    sql::execute(db, "DELETE FROM public_donor", vec![]).await?;
    sql::execute(db, "DELETE FROM public_country", vec![]).await?;
    let text = format!(
        "SELECT organisation_id, scope, paid, commitment, pledge, funding_flows, pledge_flows
         FROM funding_cell WHERE dimension = 'total' AND (organisation_id, scope) > ($1, $2)
         ORDER BY organisation_id, scope LIMIT {BATCH_SIZE}"
    );
    let (mut organisation_id, mut scope) = (Uuid::nil(), String::new());
    loop {
        let rows = sql::rows(db, &text, params![organisation_id, scope.clone()]).await?;
        let (mut donors, mut countries) = (Vec::new(), Vec::new());
        for row in &rows {
            (organisation_id, scope) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            let mut sums = Sums::default();
            for (place, sum) in sums.iter_mut().enumerate() {
                *sum = row.try_get_by_index(place + 2)?;
            }
            let [paid, commitment, pledge, funding_flows, pledge_flows] = sums;
            let numbers =
                params![-(paid + commitment), paid, commitment, pledge, funding_flows, pledge_flows];
            if let Some((money, donor_id)) = donor(&scope) {
                donors.push([params![organisation_id, money, donor_id], numbers].concat());
            } else if let Some((country, year)) = country_year(&scope) {
                countries.push([params![organisation_id, country, -year], numbers].concat());
            }
        }
        let numbers = ["minus_funding", "paid", "commitment", "pledge", "funding_flows", "pledge_flows"];
        let columns = [&["organisation_id", "scope", "donor_id"][..], &numbers[..]].concat();
        sql::insert_many(db, "public_donor", &columns, donors, "").await?;
        let columns = [&["organisation_id", "country", "minus_year"][..], &numbers[..]].concat();
        sql::insert_many(db, "public_country", &columns, countries, "").await?;
        if rows.len() < BATCH_SIZE {
            return Ok(());
        }
    }
}

/// The donor of a scope that is one of a donor as the public sees it, and whose money it counts.
fn donor(scope: &str) -> Option<(&'static str, Uuid)> {
    let of = |(prefix, money): (&str, &'static str)| Some((money, scope.strip_prefix(prefix)?.parse().ok()?));
    [("public-donor:", "ours"), ("public-donor-all:", "all")].into_iter().find_map(of)
}

fn country_year(scope: &str) -> Option<(&str, i64)> {
    let (country, year) = scope.strip_prefix("country:")?.split_once(':')?;
    Some((country, year.parse().ok()?))
}

impl Fact {
    fn sums(&self) -> Sums {
        match self.status.as_str() {
            "paid" => [self.amount, 0, 0, 1, 0],
            "commitment" => [0, self.amount, 0, 1, 0],
            _ => [0, 0, self.amount, 0, 1],
        }
    }

    fn is_ours(&self) -> bool {
        let own = format!("org:{}", self.organisation_id);
        self.is_ours.unwrap_or_else(|| self.recipient.as_ref().is_some_and(|member| member.key == own))
    }

    fn counts_ours(&self) -> bool {
        self.counts_ours.unwrap_or_else(|| self.is_ours())
    }

    fn counts_reported(&self) -> bool {
        self.counts_reported.unwrap_or(true)
    }

    fn places(&self) -> Vec<Counting> {
        let mut places = Vec::new();
        if self.visibility == "public" && self.counts_reported() {
            if let Some((country, year)) = &self.country_year {
                self.add_country_and_year(&mut places, country, *year);
            }
            for counting in &self.plans {
                let scope = format!("plan:{}", counting.key);
                places.extend([
                    (scope.clone(), "total", None),
                    (scope.clone(), "donor", self.donor.clone()),
                    (scope.clone(), "earmarking", self.earmarking.clone()),
                    (scope.clone(), "recipient", self.recipient.clone()),
                    (scope.clone(), "counted", Some(self.part_of_plan())),
                ]);
                places.extend(self.is_ours().then_some((scope, "ours", None)));
            }
        }
        for scope in self.scopes_of_donor() {
            match &self.country_year {
                Some((country, year)) => places.extend([
                    (scope.clone(), "total", None),
                    (scope.clone(), "country_year", Some(named(format!("{country}:{year}")))),
                    (scope.clone(), "plan", self.plan.clone()),
                    (scope, "earmarking", self.earmarking.clone()),
                ]),
                None => places.push((scope, "elsewhere", None)),
            }
        }
        places
    }

    fn add_country_and_year(&self, places: &mut Vec<Counting>, country: &str, year: i32) {
        let (in_country, in_year) = (format!("country:{country}:{year}"), format!("year:{year}"));
        for scope in [&in_country, &in_year] {
            places.extend([
                (scope.clone(), "total", None),
                (scope.clone(), "plan", self.plan.clone()),
                (scope.clone(), "donor", self.donor.clone()),
                (scope.clone(), "earmarking", self.earmarking.clone()),
            ]);
            places.extend(self.is_ours().then_some((scope.clone(), "ours", None)));
        }
        places.push((in_country, "recipient", self.recipient.clone()));
        places.push((in_year, "donor_plan", Some(self.donor_and_plan())));
        if let Some(recipient) = &self.recipient {
            places.push(("recipients".to_owned(), "recipient", Some(recipient.clone())));
            let scope = format!("recipient:{}", recipient.key);
            places.push((scope, "country_year", Some(named(format!("{country}:{year}")))));
        }
    }

    fn part_of_plan(&self) -> Member {
        named(match (&self.country_year, &self.plan) {
            (None, _) => "elsewhere".to_owned(),
            (Some(_), None) => "several_plans".to_owned(),
            (Some((country, year)), Some(_)) => format!("{country}:{year}"),
        })
    }

    fn donor_and_plan(&self) -> Member {
        let (donor, plan) = (self.donor.as_ref(), self.plan.as_ref());
        let key = |member: Option<&Member>| member.map(|member| member.key.clone()).unwrap_or_default();
        let name = |member: Option<&Member>| member.map(|member| member.name.clone()).unwrap_or_default();
        Member { key: format!("{}|{}", key(donor), key(plan)), external_ref: name(donor), name: name(plan) }
    }

    fn scopes_of_donor(&self) -> Vec<String> {
        let Some(id) = self.donor_id else { return Vec::new() };
        let (own, public) = match self.visibility.as_str() {
            "public" => (true, true),
            "donor" => (true, false),
            _ => (false, false),
        };
        let scopes = [
            ("donor", own && self.counts_ours()),
            ("public-donor", public && self.counts_ours()),
            ("donor-all", own && self.counts_reported()),
            ("public-donor-all", public && self.counts_reported()),
        ];
        scopes.into_iter().filter(|(_, counts)| *counts).map(|(scope, _)| format!("{scope}:{id}")).collect()
    }
}

/// A member that is called as it is known.
fn named(key: String) -> Member {
    Member { external_ref: key.clone(), name: key.clone(), key }
}
