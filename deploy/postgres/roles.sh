#!/usr/bin/env bash
# A role and a database of its own for Airflow and for MLflow, and a role that reads figures alone. They and
# the administrator have the passwords of .env: Postgres runs this at its first start, the start script at every one, so that a
# password that was changed there is then changed here.
set -euo pipefail

# psql reads the passwords from their files, as `ps` would show them on its command line, and quotes them
# itself (:'name'), whatever they hold.
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres --quiet <<'SQL'
\set administrator_password `cat /run/secrets/postgres_password`
\set airflow_password `cat /run/secrets/airflow_db_password`
\set mlflow_password `cat /run/secrets/mlflow_db_password`
\set watcher_password `cat /run/secrets/watcher_db_password`
SET client_min_messages = warning;
SELECT format('CREATE ROLE %I LOGIN', name) FROM unnest(ARRAY['airflow', 'mlflow', 'watcher']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE CURRENT_USER PASSWORD :'administrator_password';
ALTER ROLE airflow PASSWORD :'airflow_password';
ALTER ROLE mlflow PASSWORD :'mlflow_password';
ALTER ROLE watcher PASSWORD :'watcher_password';
GRANT pg_monitor TO watcher;
SELECT format('CREATE DATABASE %I OWNER %I', name, name) FROM unnest(ARRAY['airflow', 'mlflow']) AS name
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name) \gexec
REVOKE CONNECT ON DATABASE airflow, mlflow FROM PUBLIC;
-- Backups are taken as airflow: it may read what is MLflow's, and change nothing there.
GRANT pg_read_all_data TO airflow;
GRANT CONNECT ON DATABASE mlflow TO airflow;
SQL
