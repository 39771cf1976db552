# shellcheck shell=bash
# What ./docker-reset-full.sh deletes. Databases go before the files they name: files that nothing
# names are harmless, names without files are not. Each step may be done again.

# Everything that the embedded registry of `make run` names lies in mlflow/mlruns too.
embedded_registry=mlflow/mlflow.db

list_losses() {
    local all=$1
    announce "This will be deleted:"
    say "  - Airflow's database: history of runs, users, connections, variables"
    say "  - tasks that wait in Redis"
    say "  - airflow/logs"
    if [ "$all" = true ]; then
        say "  - MLflow's database: all runs and all versions of the model"
        say "  - mlflow/mlruns (artifacts)"
        if [ -f "$embedded_registry" ]; then
            say "  - $embedded_registry (the registry of make run, whose artifacts lie in mlflow/mlruns too)"
        fi
        say "  - models (exported copies)"
        say "  - data/processed"
    fi
    announce "This stays:"
    say "  - data/raw"
    say "  - .env"
    if [ "$all" = false ]; then say "  - everything of MLflow, models, data/processed"; fi
}

# What uses a database that will go; Redis with its volume, in which tasks wait.
remove_services() {
    local all=$1 service doomed=() volume
    for service in $(compose config --services); do
        case $service in
            airflow-* | redis) doomed+=("$service") ;;
            mlflow | streamlit | api) if [ "$all" = true ]; then doomed+=("$service"); fi ;;
        esac
    done
    announce "Stopping ${doomed[*]}"
    compose rm --stop --force "${doomed[@]}"
    for volume in $(docker volume ls --quiet \
        --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
        --filter label=com.docker.compose.volume=redis-data); do
        docker volume rm "$volume" >/dev/null
    done
}

drop_databases() {
    announce "Deleting"
    start_databases postgres || stop_with "Nothing was deleted yet: Postgres did not start."
    drop_database airflow
    if [ "$1" = true ]; then drop_database mlflow; fi
}

drop_database() {
    compose exec -T postgres psql --quiet -U postgres -d postgres -v ON_ERROR_STOP=1 \
        -c "DROP DATABASE IF EXISTS $1 WITH (FORCE)" ||
        stop_with "The database $1 could not be deleted; no file was. Run this script again."
}

empty_folders() {
    empty_folder airflow/logs
    [ "$1" = true ] || return 0
    rm -f "$embedded_registry" "$embedded_registry-wal" "$embedded_registry-shm"
    empty_folder mlflow/mlruns
    empty_folder models
    empty_folder data/processed
}
