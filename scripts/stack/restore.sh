# shellcheck shell=bash
# What ./docker-restore-full.sh does, step by step. From the first change on, the file .restoring names the
# backup: nothing starts, and no backup is taken, until all of it is in place. Each step may be done again.

marker=.restoring
# Of this machine or of the place of the backups, not of what was saved.
kept_settings='COMPOSE_FILE COMPOSE_PROJECT_NAME AIRFLOW_UID POSTGRES_IMAGE POSTGRES_DATA CARPRICE_BACKUP_FOLDER CARPRICE_BACKUP_TO CARPRICE_BACKUP_ACCESS CARPRICE_BACKUP_KEY'

# Leaves its id in `snapshot`. Reads it to the last byte before anything is touched.
examine_backup() {
    local told name database head
    announce "Examining the backup $1"
    told=$(in_backup examine "$1") || stop_with "Nothing was changed."
    while read -r name database head; do
        case $name in
            snapshot) snapshot=$database ;;
            head) ensure_known "$database" "$head" ;;
        esac
    done <<<"$told"
    list_points "$(sed -n '/^head/!p' <<<"$told")"
}

# A database that a later release has converted would start nothing of this one.
ensure_known() {
    local database=$1 head=$2 service=mlflow places=mlflow/store/db_migrations
    if [ "$database" = airflow ]; then
        service=airflow-init places='airflow/migrations airflow/providers/fab/migrations'
    fi
    compose run --rm --no-deps -T --entrypoint sh "$service" -c \
        "cd /opt/venv/lib/python3*/site-packages && grep -rqE '^revision.*\\W$head\\W' $places" </dev/null ||
        stop_with "This clone does not know revision $head of the database $database: the backup is of a newer" \
            "release. Run git pull, then this script again. Nothing was changed."
}

has_something() {
    docker volume inspect "${COMPOSE_PROJECT_NAME}_postgres-db-volume" >/dev/null 2>&1
}

list_replaced() {
    announce "This will be replaced by the backup $snapshot:"
    say "  - both databases, with all that came after it: runs, versions, users, connections"
    say "  - mlflow/mlruns, models, data/processed, data/sample, params.yaml, who may sign in"
    say "  - .env, but for $kept_settings"
    announce "This stays:"
    say "  - files of data/raw that the backup does not have, and airflow/dags of this clone"
}

# Of what stands, where something does: the way back from a restore.
take_safety_backup() {
    announce "Backing up what stands"
    if ! { start_databases postgres && take_roles && compose up --detach --wait mlflow &&
        take_backup before-restore; }; then
        stop_with "What stands could not be backed up, so nothing was changed. To replace it all the same: --unsaved"
    fi
}

# The volume may be older, or younger, than the passwords in .env.
take_roles() { compose exec -T postgres bash /docker-entrypoint-initdb.d/roles.sh; }

begin_restore() {
    printf '%s\n' "$snapshot" >"$marker"
    announce "Stopping all services"
    compose --profile '*' down --remove-orphans
    # Tasks that wait in it are of runs that may not come back.
    docker volume rm "${COMPOSE_PROJECT_NAME}_redis-data" >/dev/null 2>&1 || true
}

# Whole or not at all, as the first start makes it.
restore_settings() {
    local name line kept=''
    announce "Bringing back .env"
    # As .env has them: what the environment says instead goes on to be said there.
    for name in $kept_settings; do
        if find_assignment "$name" .env; then kept="$kept$name=${found_value-}"$'\n'; fi
    done
    open_partial .env
    # shellcheck disable=SC2154 # set by open_partial
    in_backup settings "$snapshot" >"$partial" || stop_with "Run the same command again."
    close_partial .env
    append_missing
    while IFS= read -r line; do # a key may end with =, which `read` would take for a separator
        if [ -n "$line" ]; then write_setting "${line%%=*}" "${line#*=}"; fi
    done <<<"$kept"
    write_secrets
}

restore_data() {
    announce "Bringing back files and databases"
    start_databases postgres || stop_with "Postgres did not start. Run the same command again."
    take_roles || stop_with "Postgres did not take the passwords of .env. Run the same command again."
    compose --profile backup run --rm --no-deps -T \
        --volume "$PWD/mlflow/mlruns:/restored/mlruns" --volume "$PWD/models:/restored/models" \
        --volume "$PWD/data:/restored/data" --volume "$PWD/airflow/dags:/restored/dags" \
        --volume "$PWD/.secrets/sign-in:/restored/sign-in" \
        backup python /opt/backup/backup.py restore "$snapshot" </dev/null ||
        stop_with "The backup is not in place. Run the same command again."
    restore_params
}

restore_params() {
    open_partial params.yaml
    in_backup params "$snapshot" >"$partial" || stop_with "Run the same command again."
    chmod 644 "$partial"
    close_partial params.yaml
}
