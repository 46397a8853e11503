//! Recounting from the contributions: everything when the tables are created, and to verify incremental counting; an
//! office when the tree changes.

use super::{
    Attributes, Sums, What, is_multi_year, of_donor, region,
    store::{Of, add_sums},
};
use ::store::{StoreError, office, params, sql};
use kernel::{DonorId, MoneyScope, OfficeId, OrganisationId, id::new_uuid};
use sea_orm::{ConnectionTrait, FromQueryResult};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Rows of giving read per batch.
const BATCH_SIZE: usize = 5000;
/// The year a contribution counts in, as SQL.
const YEAR: &str =
    "CAST(substr(CAST(coalesce(c.decision_date, c.flow_date, c.first_reported_date) AS text), 1, 4)
                    AS integer)";
/// Whether it names more than one usage year, as SQL: something is left when the first one is taken out of `,2020,2021,`.
const MULTI_YEAR: &str = "length(replace(c.usage_years, substr(c.usage_years, 1, 5), '')) > 1";
const COUNTS: &str = "c.standing = 'current' AND c.status IN ('commitment', 'paid')
                      AND coalesce(c.decision_date, c.flow_date, c.first_reported_date) IS NOT NULL";

/// Whether it counts in the figures of a scope, as SQL.
fn counts_in(scope: MoneyScope) -> String {
    let column = match scope {
        MoneyScope::Ours => "c.counts_ours",
        MoneyScope::All => "c.counts_reported",
    };
    format!("{COUNTS} AND {column} = true")
}

/// Recounts everything. No contributions may be written meanwhile.
///
/// # Errors
/// [`StoreError`]; call it in a transaction.
pub(crate) async fn recount(db: &impl ConnectionTrait) -> Result<(), StoreError> {
    sql::execute(db, "DELETE FROM diversification_giving", vec![]).await?;
    sql::execute(db, "DELETE FROM diversification_sum", vec![]).await?;
    let text = "SELECT organisation_id, id FROM office
                UNION SELECT organisation_id, office_id FROM contribution ORDER BY 1, 2";
    for row in sql::rows(db, text, vec![]).await? {
        let (organisation_id, office_id) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        fill(db, organisation_id, office_id, || new_uuid(&kernel::SystemClock)).await?;
    }
    Ok(())
}

/// Recounts one office. No contributions may be written meanwhile.
///
/// # Errors
/// [`StoreError`]; call it in a transaction.
pub(super) async fn of_office(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    office_id: OfficeId,
    new_uuid: impl Fn() -> Uuid,
) -> Result<(), StoreError> {
    for table in ["diversification_giving", "diversification_sum"] {
        let text = format!("DELETE FROM {table} WHERE office_id = $1 AND organisation_id = $2");
        sql::execute(db, &text, params![office_id, organisation_id]).await?;
    }
    fill(db, organisation_id, office_id, new_uuid).await
}

/// Counts an office, with those below it, that has no figures yet.
async fn fill(
    db: &impl ConnectionTrait,
    organisation_id: OrganisationId,
    office_id: OfficeId,
    new_uuid: impl Fn() -> Uuid,
) -> Result<(), StoreError> {
    let below = office::with_descendants(db, organisation_id, office_id).await?;
    for &scope in MoneyScope::ALL {
        let of = Of { organisation_id, office_id, scope };
        givings(db, of, &below).await?;
        let mut sums = of_records(db, of, &below).await?;
        of_donors(db, of, &mut sums).await?;
        let sums = sums.into_iter().map(|(year, sums)| ((of, year), sums)).collect();
        add_sums(db, sums, &new_uuid).await?;
    }
    Ok(())
}

async fn givings(
    db: &impl ConnectionTrait,
    Of { organisation_id, office_id, scope }: Of,
    below: &[OfficeId],
) -> Result<(), StoreError> {
    let mut parameters = params![organisation_id, office_id, DonorId::nil(), scope];
    let offices = sql::bind_list(&mut parameters, below.iter().map(|id| (*id).into()));
    let sum =
        |condition: &str| format!("CAST(sum(CASE WHEN {condition} THEN c.amount_usd ELSE 0 END) AS bigint)");
    let earmarked = |name: &str| sum(&format!("coalesce(c.earmarking, 'not_stated') = '{name}'"));
    let text = format!(
        "INSERT INTO diversification_giving (organisation_id, office_id, donor_id, year, scope, cents, unearmarked,
           softly_earmarked, earmarked, tightly_earmarked, not_stated, multi_year, records)
         SELECT $1, $2, coalesce(c.donor_id, $3), {YEAR}, CAST($4 AS text), CAST(sum(c.amount_usd) AS bigint), {}, {},
           {}, {}, {}, {}, count(*)
         FROM contribution c WHERE c.organisation_id = $1 AND c.office_id IN ({offices}) AND {}
         GROUP BY 3, 4",
        earmarked("unearmarked"),
        earmarked("softly_earmarked"),
        earmarked("earmarked"),
        earmarked("tightly_earmarked"),
        earmarked("not_stated"),
        sum(MULTI_YEAR),
        counts_in(scope),
    );
    sql::execute(db, &text, parameters).await?;
    Ok(())
}

/// What the records of an office and the offices below it add to each year, for all donors.
async fn of_records(
    db: &impl ConnectionTrait,
    Of { organisation_id, scope, .. }: Of,
    below: &[OfficeId],
) -> Result<BTreeMap<i32, Sums>, StoreError> {
    let mut parameters = params![organisation_id];
    let offices = sql::bind_list(&mut parameters, below.iter().map(|id| (*id).into()));
    let text = format!(
        "SELECT {YEAR} AS year, c.earmarking, c.usage_years, c.countries, CAST(sum(c.amount_usd) AS bigint), count(*)
         FROM contribution c WHERE c.organisation_id = $1 AND c.office_id IN ({offices}) AND {}
         GROUP BY 1, 2, 3, 4",
        counts_in(scope),
    );
    let mut sums: BTreeMap<i32, Sums> = BTreeMap::new();
    for row in sql::rows(db, &text, parameters).await? {
        let what = What {
            earmarking: row.try_get_by_index(1)?,
            multi_year: is_multi_year(&row.try_get_by_index::<String>(2)?),
            region: region(&row.try_get_by_index::<String>(3)?),
            cents: row.try_get_by_index(4)?,
            records: row.try_get_by_index(5)?,
        };
        what.add_to(sums.entry(row.try_get_by_index(0)?).or_default(), 1);
    }
    Ok(sums)
}

/// What the donors of an office add to each year, donor by donor.
async fn of_donors(
    db: &impl ConnectionTrait,
    Of { office_id, scope, .. }: Of,
    sums: &mut BTreeMap<i32, Sums>,
) -> Result<(), StoreError> {
    let text = format!(
        "SELECT g.donor_id, g.year, g.cents, d.donor_type, d.segment
         FROM diversification_giving g LEFT JOIN donor d ON d.id = g.donor_id
         WHERE g.office_id = $1 AND g.scope = $4 AND (g.donor_id > $2 OR (g.donor_id = $2 AND g.year > $3))
         ORDER BY g.donor_id, g.year LIMIT {BATCH_SIZE}"
    );
    let mut after = (DonorId::nil(), i32::MIN);
    let mut donor: (DonorId, Option<Attributes>, BTreeMap<i32, i64>) =
        (DonorId::nil(), None, BTreeMap::new());
    loop {
        let rows = sql::rows(db, &text, params![office_id, after.0, after.1, scope]).await?;
        for row in &rows {
            after = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            if after.0 != donor.0 {
                merge(sums, &donor.2, donor.1.as_ref());
                let known = row.try_get_by_index::<Option<String>>(3)?.is_some();
                let attributes = known.then(|| Attributes::from_query_result(row, "")).transpose()?;
                donor = (after.0, attributes, BTreeMap::new());
            }
            donor.2.insert(after.1, row.try_get_by_index(2)?);
        }
        if rows.len() < BATCH_SIZE {
            merge(sums, &donor.2, donor.1.as_ref());
            return Ok(());
        }
    }
}

fn merge(sums: &mut BTreeMap<i32, Sums>, years: &BTreeMap<i32, i64>, attributes: Option<&Attributes>) {
    for (year, more) in of_donor(years, attributes) {
        sums.entry(year).or_default().merge(&more, 1);
    }
}
