# shellcheck shell=bash
# Whether the databases in the volume belong to this folder and its .env, and the ways out where they do not.

database_volume() { printf '%s_postgres-db-volume' "$COMPOSE_PROJECT_NAME"; }
has_databases() { docker volume inspect "$(database_volume)" >/dev/null 2>&1; }

# Before .env is made: its new keys could not read what an earlier one has encrypted.
ensure_env_of_databases() {
    if [ -f .env ] || ! has_databases; then return; fi
    refuse_databases "The volume $(database_volume) holds databases, and the .env they were made with is not here."
}

# While Postgres runs and nothing else: both would show later, as a traceback of Airflow and as models that
# cannot be opened.
ensure_own_databases() {
    local versions
    if [ "$(ask_database airflow "SELECT to_regclass('public.alembic_version') IS NULL")" = f ]; then
        ensure_key_of_databases
    fi
    versions=$(ask_database mlflow 'SELECT count(*) FROM model_versions') || versions=0
    if ((versions > 0)) && [ -z "$(find mlflow/mlruns/ -mindepth 1 ! -name .gitkeep | head -n 1)" ]; then
        refuse_databases "The databases name $versions versions of models, and mlflow/mlruns, where their files lie, is empty."
    fi
}

ask_database() { compose exec -T postgres psql -U "$1" -d "$1" -qAtc "$2" 2>/dev/null </dev/null; }

# Asked of Airflow's image, which can decrypt; 3 is its no.
ensure_key_of_databases() {
    local answer=0
    compose run --rm --no-deps -T airflow-init python /opt/check_key.py >/dev/null || answer=$?
    case $answer in
        0) ;;
        3) refuse_databases "AIRFLOW_FERNET_KEY in .env is not the key that Airflow's database was encrypted with." ;;
        *) stop_with "It could not be found out whether the databases belong to this .env: see the lines above." ;;
    esac
}

refuse_databases() {
    complain "The stack was not started. $1 Either"
    list_points "bring back the folder they belong to, or what is missing of it: .env, mlflow/mlruns, models, data
restore a backup: ./docker-restore-full.sh
begin anew: ./docker-reset-full.sh (Airflow's users, connections and history go), or with --all (models too)
leave them alone, for another clone: write another COMPOSE_PROJECT_NAME into .env" >&2
    if [ -n "$(list_containers)" ]; then compose down --remove-orphans; fi
    exit 1
}
