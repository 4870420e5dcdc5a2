#!/bin/sh
# Run by the Postgres image when its data folder is empty: carepath and Temporal share the server but neither may open the other's data.
set -eu
psql --set ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" \
  --set carepath_password="$(cat /run/secrets/carepath-database-password)" \
  --set temporal_password="$(cat /run/secrets/temporal-database-password)" <<'SQL'
create role carepath login password :'carepath_password';
create role temporal login password :'temporal_password';
create database carepath owner carepath;
create database temporal owner temporal;
create database temporal_visibility owner temporal;
revoke connect on database carepath, temporal, temporal_visibility from public;
SQL
