# shellcheck shell=bash
# What ./docker-backup-full.sh, ./docker-restore-full.sh and ./docker-rotate-full.sh share: the container of the service `backup`.

# A container of its own for one thing to do; none that it would need is started.
in_backup() { run_backup "$@" </dev/null; }
run_backup() { compose --profile backup run --rm --no-deps -T backup python /opt/backup/backup.py "$@"; }

# The image, of the code that is here, and the folders and files that are mounted.
prepare_backup() {
    write_secrets
    prepare_folders
    prepare_backup_folder
    announce "Building the image of the backup"
    compose --profile backup build --quiet backup || stop_with "The image of the backup could not be built: see above."
}

# What comes in goes on, and is shown as well.
repeat_beside() {
    local line
    while IFS= read -r line; do printf '%s\n' "$line" && say "$line" >&2; done
}

# Leaves the id of the backup in `taken`. $1: why it is taken, a word.
taken=''
take_backup() {
    local told
    taken=''
    told=$(in_backup take "$1" | repeat_beside) || return
    taken=$(sed -n 's/.*Backup \([0-9a-f]*\) is complete\.$/\1/p' <<<"$told")
    [ -n "$taken" ]
}

# What stood at a moment of the past. $1: when.
save_moment() {
    local folder
    folder=$(setting CARPRICE_JOURNAL_FOLDER)
    [ -d "${folder:-/none}" ] || stop_with "There is no journal to go back by: CARPRICE_JOURNAL_FOLDER in .env is empty, or no folder."
    folder=$(cd "$folder" && pwd)
    compose --profile backup run --rm --no-deps -T --volume "$folder:/journal:ro" \
        backup python /opt/backup/backup.py rewind "$1" </dev/null
}

ensure_databases_run() {
    local service
    for service in postgres mlflow; do
        if ! list_states | grep -q "^$service running "; then
            stop_with "A backup asks Postgres and MLflow, and $service does not run: ./docker-start-full.sh"
        fi
    done
}

warn_of_key() {
    warn "Backups are encrypted: without CARPRICE_BACKUP_KEY of .env nobody can read them, you neither."
    warn "Keep a copy of it where this machine cannot take it along: a password manager, a sheet in a safe."
}

# On the disk of what it saves, a backup does not outlive that disk.
warn_of_same_disk() {
    local folder
    [ -z "$(setting CARPRICE_BACKUP_TO)" ] || return 0
    folder=$(setting CARPRICE_BACKUP_FOLDER)
    if [ "$(list_disks mlflow/mlruns "$folder" | grep -c .)" = 1 ]; then
        warn "$folder is on the disk of what it saves: when that fails, both are gone. Choose another disk in"
        warn "CARPRICE_BACKUP_FOLDER, or another machine in CARPRICE_BACKUP_TO."
    fi
}
