#!/usr/bin/env bash
# Stops the whole stack: containers and their network go, all data stays.
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")"
. scripts/stack/all.sh

usage() {
    cat <<'TEXT'
Usage: ./docker-stop-full.sh

Stops all services and removes their containers. All data stays: the databases with users, runs and
model versions, models, artifacts, data, logs and .env. ./docker-start-full.sh brings it all back.

  -h, --help    show this

Ends with 0 when nothing runs any more, 1 when something failed, 2 on wrong use.
TEXT
}

for option in "$@"; do
    case $option in
        -h | --help) usage && exit 0 ;;
        *) refuse_option "$option" ;;
    esac
done

choose_stack
ensure_own_stack
if [ -z "$(list_containers)" ]; then
    say "Nothing of this stack is running."
    exit 0
fi
announce "Stopping all services"
down_all
confirm_done "Stopped."
say "Kept: the databases (users, runs, model versions), mlflow/mlruns, models, data, airflow/logs, .env."
say "Start again with ./docker-start-full.sh"
