//! The baseline of the import: the rows it wrote, written again with one prepared statement each, a transaction per
//! 1,000 rows, on the same file system.

use rusqlite::{Connection, types::Value};
use std::{
    path::Path,
    time::{Duration, Instant},
};

const BATCH: usize = 1000;

/// A table, and the database that it is in.
pub(super) type Table = (&'static str, &'static str);

/// Where the rows of an import of flows are.
pub(super) const OF_FLOWS: [Table; 11] = [
    ("donors", "import_row"),
    ("donors", "contribution"),
    ("donors", "contribution_target"),
    ("bus", "record"),
    ("identity", "inbox"),
    ("crisis", "inbox"),
    ("crisis", "funding_fact"),
    ("crisis", "funding_cell"),
    ("allocations", "inbox"),
    ("allocations", "known_contribution"),
    ("donors", "donor"),
];

/// Where those of a table are whose every row is of another donor.
pub(super) const OF_DONORS: [Table; 17] = [
    ("donors", "import_row"),
    ("donors", "contribution"),
    ("donors", "contribution_target"),
    ("donors", "donor"),
    ("donors", "donor_word"),
    ("donors", "known_word"),
    ("donors", "diversification_giving"),
    ("bus", "record"),
    ("identity", "inbox"),
    ("identity", "known_donor"),
    ("crisis", "inbox"),
    ("crisis", "known_donor"),
    ("crisis", "funding_fact"),
    ("crisis", "funding_cell"),
    ("allocations", "inbox"),
    ("allocations", "known_donor"),
    ("allocations", "known_contribution"),
];

/// Writes the rows of these tables all again; how many, and how long it took (reading them is not counted). `raw` is what
/// was staged of each row of the files: the import drops it once it is applied.
pub(super) fn insert_all(data: &Path, raw: &[String], tables: &[Table], folder: &Path) -> (u64, Duration) {
    let target = Connection::open(folder.join("baseline.db")).unwrap();
    target.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;").unwrap();
    let (mut rows, mut time) = (0, Duration::ZERO);
    for (database, table) in tables {
        let (written, took) = copy(&data.join(format!("{database}.db")), table, &target, database, raw);
        rows += written;
        time += took;
    }
    // The outbox was emptied by the relay; its rows are those of the bus.
    let (written, took) = copy(&data.join("bus.db"), "record", &target, "outbox", raw);
    (rows + written, time + took)
}

/// The flows as they were staged.
pub(super) fn raw_flows(file: &Path) -> Vec<String> {
    let page: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    page["data"]["flows"].as_array().unwrap().iter().map(ToString::to_string).collect()
}

fn copy(file: &Path, table: &str, target: &Connection, prefix: &str, raw: &[String]) -> (u64, Duration) {
    let source = Connection::open(file).unwrap();
    let schema = "SELECT sql FROM sqlite_master WHERE tbl_name = ?1 AND sql IS NOT NULL ORDER BY type DESC";
    let mut statements = source.prepare(schema).unwrap();
    let schemas: Vec<String> =
        statements.query_map([table], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let copy = format!("{prefix}_{table}");
    for schema in schemas {
        // Tables, and their indexes: the import kept those up to date as well.
        let (schema, index) = (schema.replace(" REFERENCES ", " -- "), schema.contains(" INDEX "));
        let schema = without_references(&schema);
        let renamed = if index {
            let name = schema.split(" INDEX ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
            schema.replacen(&name, &format!("{prefix}_{name}"), 1).replacen(
                &format!(" ON {table}"),
                &format!(" ON {copy}"),
                1,
            )
        } else {
            schema.replacen(table, &copy, 1)
        };
        target.execute_batch(&renamed).expect(&renamed);
    }
    let mut select = source.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns: Vec<String> = select.column_names().iter().map(|name| (*name).to_owned()).collect();
    let raw_column = columns.iter().position(|name| name == "raw");
    let marks = vec!["?"; columns.len()].join(",");
    let mut insert = target.prepare(&format!("INSERT INTO {copy} VALUES ({marks})")).unwrap();
    let mut found = select.query([]).unwrap();
    let (mut rows, mut time) = (0, Duration::ZERO);
    loop {
        let mut batch: Vec<Vec<Value>> = Vec::with_capacity(BATCH);
        while batch.len() < BATCH {
            let Some(row) = found.next().unwrap() else { break };
            let mut values: Vec<Value> = (0..columns.len()).map(|column| row.get(column).unwrap()).collect();
            if let Some(column) = raw_column {
                values[column] = Value::Text(raw[usize::try_from(rows).unwrap() + batch.len()].clone());
            }
            batch.push(values);
        }
        if batch.is_empty() {
            return (rows, time);
        }
        rows += batch.len() as u64;
        let started = Instant::now();
        target.execute_batch("BEGIN IMMEDIATE").unwrap();
        for values in batch {
            insert.execute(rusqlite::params_from_iter(values)).unwrap();
        }
        target.execute_batch("COMMIT").unwrap();
        time += started.elapsed();
    }
}

/// Foreign keys point at tables that are not copied.
fn without_references(schema: &str) -> String {
    let lines = schema.lines().map(|line| match line.split_once(" -- ") {
        Some((column, rest)) => format!("{column}{}", if rest.trim_end().ends_with(',') { "," } else { "" }),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}
