#!/bin/sh
# Runs once, when the volume of PostgreSQL is empty: two roles and a database for each service. The owner migrates; the
# services' role owns nothing, so that row-level security holds for it.
set -eu
psql -v ON_ERROR_STOP=1 -v owner_password="$PASSERELLE_OWNER_PASSWORD" -v service_password="$PASSERELLE_SERVICE_PASSWORD" \
  --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE passerelle_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE passerelle_service LOGIN PASSWORD :'service_password';
CREATE DATABASE passerelle_identity OWNER passerelle_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
CREATE DATABASE passerelle_donors OWNER passerelle_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
CREATE DATABASE passerelle_crisis OWNER passerelle_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
REVOKE CONNECT ON DATABASE passerelle_identity, passerelle_donors, passerelle_crisis FROM PUBLIC;
GRANT CONNECT ON DATABASE passerelle_identity, passerelle_donors, passerelle_crisis TO passerelle_service;
SQL
