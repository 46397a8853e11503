#!/bin/sh
# Runs when the volume of PostgreSQL is empty: two roles and a database for each of PASSERELLE_SERVICES. The owner
# migrates; the services' role owns nothing, so that row-level security holds for it. What is there already stays as it
# is: after an upgrade that brings a service, run it again (docs/operations.md).
set -eu
psql -v ON_ERROR_STOP=1 -v owner_password="$PASSERELLE_OWNER_PASSWORD" -v service_password="$PASSERELLE_SERVICE_PASSWORD" \
  --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', name, password)
  FROM (VALUES ('passerelle_owner', :'owner_password'), ('passerelle_service', :'service_password')) AS role (name, password)
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
SQL
for service in $PASSERELLE_SERVICES; do
  psql -v ON_ERROR_STOP=1 -v database="passerelle_$service" --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
SELECT format('CREATE DATABASE %I OWNER passerelle_owner TEMPLATE template0 ENCODING ''UTF8'' LOCALE ''C.UTF-8''', :'database')
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
REVOKE CONNECT ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO passerelle_service;
SQL
done
