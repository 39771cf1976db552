#!/usr/bin/env bash
# Begins anew: Airflow's database and logs go, with --all also MLflow's and all models.
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")"
. scripts/stack/all.sh
. scripts/stack/reset.sh

usage() {
    cat <<'TEXT'
Usage: ./docker-reset-full.sh [--all] [--yes]

Deletes Airflow's database and logs, makes them anew with their users, and starts the stack.
With --all also everything of MLflow, then a first model is trained again. What will go is listed
first, and asked about. data/raw and .env are never touched. After an interruption, run it again.

  --all         also MLflow's database, artifacts, exported models and prepared data
  --yes         do not ask
  -h, --help    show this

Ends as ./docker-start-full.sh does; with 1 also when it was not confirmed.
TEXT
}

begin_anew() {
    ensure_environment
    check_environment false
    write_secrets
    remove_services "$all"
    drop_databases "$all"
    empty_folders "$all"
    confirm_done "Everything listed is gone."
}

all=false yes=false
for option in "$@"; do
    case $option in
        --all) all=true ;;
        --yes | -y) yes=true ;;
        -h | --help) usage && exit 0 ;;
        *) refuse_option "$option" ;;
    esac
done

choose_stack
ensure_own_stack
ensure_upgraded
list_losses "$all"
if [ "$yes" = false ]; then ask_for_yes delete deleted; fi
end_together 'Interrupted. Run the same command again: it finishes the job.' begin_anew
exec ./docker-start-full.sh
