#!/bin/sh
# Runs once, when the data volume is new: the owner migrates, the application is bound by row-level security.
set -eu
: "${CONNECTOR_OWNER_PASSWORD:?set CONNECTOR_OWNER_PASSWORD}" "${CONNECTOR_APP_PASSWORD:?set CONNECTOR_APP_PASSWORD}"
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set owner_password="$CONNECTOR_OWNER_PASSWORD" --set app_password="$CONNECTOR_APP_PASSWORD" <<'SQL'
CREATE ROLE connector_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE connector_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'app_password';
CREATE DATABASE connector OWNER connector_owner;
\connect connector
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS btree_gin;
ALTER DEFAULT PRIVILEGES FOR ROLE connector_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO connector_app;
ALTER DEFAULT PRIVILEGES FOR ROLE connector_owner GRANT USAGE, SELECT ON SEQUENCES TO connector_app;
SQL
