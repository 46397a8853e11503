//! The tables that every service has, and a way to write tables once for both back ends.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::SchemaManager;

/// Runs DDL in which `{uuid}`, `{json}`, `{instant}`, `{date}`, `{bytes}` and `{counter}` stand for the back end's types.
///
/// # Errors
/// The database's own.
pub async fn ddl(manager: &SchemaManager<'_>, text: &str) -> Result<(), DbErr> {
    let types = if manager.get_database_backend() == DbBackend::Postgres {
        [
            ("{uuid}", "uuid"),
            ("{json}", "jsonb"),
            ("{instant}", "timestamptz"),
            ("{date}", "date"),
            ("{bytes}", "bytea"),
            ("{counter}", "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
        ]
    } else {
        [
            ("{uuid}", "blob"),
            ("{json}", "text"),
            ("{instant}", "text"),
            ("{date}", "text"),
            ("{bytes}", "blob"),
            ("{counter}", "integer PRIMARY KEY AUTOINCREMENT"),
        ]
    };
    let text = types.iter().fold(text.to_owned(), |text, (token, name)| text.replace(token, name));
    manager.get_connection().execute_unprepared(&text).await?;
    Ok(())
}

/// Outbox (in Debezium's shape), inbox, audit trail, saved answers.
///
/// # Errors
/// The database's own.
pub async fn common_tables(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    ddl(manager, COMMON).await
}

/// The office tree as identity tells it.
///
/// # Errors
/// The database's own.
pub async fn office_table(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    ddl(manager, OFFICE).await
}

const COMMON: &str = "
CREATE TABLE outbox (
  position {counter},
  id {uuid} NOT NULL,
  aggregatetype text NOT NULL,
  aggregateid {uuid} NOT NULL,
  type text NOT NULL,
  payload {json} NOT NULL,
  topic text NOT NULL,
  sequence bigint NOT NULL,
  trace_id text,
  created_at {instant} NOT NULL
);
CREATE TABLE inbox (
  consumer text NOT NULL,
  aggregate_id {uuid} NOT NULL,
  event_id text NOT NULL,
  sequence bigint NOT NULL,
  PRIMARY KEY (consumer, aggregate_id)
);
CREATE TABLE audit (
  office_id {uuid} NOT NULL,
  sequence bigint NOT NULL,
  organisation_id {uuid} NOT NULL,
  at {instant} NOT NULL,
  actor_kind text NOT NULL,
  actor_id {uuid} NOT NULL,
  action text NOT NULL,
  resource text NOT NULL,
  resource_id {uuid} NOT NULL,
  before text,
  after text,
  trace_id text,
  previous_hash text NOT NULL,
  hash text NOT NULL,
  PRIMARY KEY (office_id, sequence)
);
CREATE TABLE idempotency (
  organisation_id {uuid} NOT NULL,
  principal_id {uuid} NOT NULL,
  key text NOT NULL,
  fingerprint text NOT NULL,
  status integer NOT NULL,
  headers text NOT NULL,
  body text NOT NULL,
  created_at {instant} NOT NULL,
  PRIMARY KEY (organisation_id, principal_id, key)
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);
";

const OFFICE: &str = "
CREATE TABLE office (
  id {uuid} PRIMARY KEY,
  organisation_id {uuid} NOT NULL,
  parent_id {uuid},
  code text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  country text
);
CREATE INDEX office_by_parent ON office (parent_id);
CREATE TABLE organisation (
  id {uuid} PRIMARY KEY,
  name text NOT NULL,
  code text NOT NULL,
  created_at {instant} NOT NULL
);
";
