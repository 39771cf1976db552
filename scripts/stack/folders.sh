# shellcheck shell=bash
# The folders that containers use: made here, as Docker would make them for root.

read_folders=(data/raw airflow/dags)
written_folders=(data/processed data/sample models models/serving mlflow/mlruns airflow/logs)
secret_folders=(.secrets/sign-in .secrets/backup)
certificate_folders=(certificates certificates/own certificates/served certificates/challenges)

prepare_folders() {
    local folder owner
    if has_domain; then written_folders+=("${certificate_folders[@]}"); fi
    mkdir -p "${read_folders[@]}" "${written_folders[@]}" "${secret_folders[@]}"
    prepare_names
    if [ -n "$(setting CARPRICE_BACKUP_AT)" ]; then prepare_backup_folder; fi
    if [ -n "$(setting CARPRICE_JOURNAL_FOLDER)" ]; then prepare_folder_beside "$(setting CARPRICE_JOURNAL_FOLDER)"; fi
    if [ "$(id -u)" = 0 ]; then
        owner=$(setting AIRFLOW_UID)
        chown -R "$owner:0" "${written_folders[@]}"
        return
    fi
    for folder in "${written_folders[@]}"; do
        if [ ! -w "$folder" ]; then
            stop_with "$folder cannot be written by you. Run: sudo chown -R $(id -u) ${written_folders[*]}"
        fi
    done
}

# Where backups go, and what they read as the user of the stack: .env as well.
prepare_backup_folder() {
    prepare_folder_beside "$(setting CARPRICE_BACKUP_FOLDER)"
    if [ "$(id -u)" = 0 ]; then chown "$(setting AIRFLOW_UID):0" .env; fi
}

# One that may lie on another disk, and belongs to the user of the stack.
prepare_folder_beside() {
    mkdir -p "$1"
    if [ "$(id -u)" = 0 ]; then chown "$(setting AIRFLOW_UID):0" "$1"; fi
    [ -w "$1" ] || stop_with "$1 cannot be written by you. Run: sudo chown -R $(id -u) $1"
}

# Everything but the file that keeps the folder in git. The slash follows a linked folder.
empty_folder() {
    [ -d "$1" ] || return 0
    find "$1/" -mindepth 1 -maxdepth 1 ! -name .gitkeep -exec rm -rf {} + ||
        stop_with "$1 could not be emptied. Run: sudo chown -R $(id -u) $1; then this script again."
}
