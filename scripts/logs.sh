#!/usr/bin/env bash
# What all services of the stack, and the tasks of its runs, have logged: one list, by time.
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/stack/all.sh

usage() {
    cat <<'TEXT'
Usage: scripts/logs.sh [--since TIME] [SERVICE…]

Prints what services logged, a line each: time, service, text; `task` stands for the tasks of Airflow's
runs. Lines of the page, the API and the tasks are JSON, with the ids of request, run and version.

  --since TIME  how far back, such as 90s, 10m, 2h or 2026-11-27T10:00:00Z; one hour where it is left out
  -h, --help    show this

Follow them instead: docker compose logs --follow.
TEXT
}

since=1h
services=()
while [ $# -gt 0 ]; do
    case $1 in
        --since)
            [ $# -gt 1 ] || refuse_option "$1"
            since=$2
            shift
            ;;
        -h | --help) usage && exit 0 ;;
        -*) refuse_option "$1" ;;
        *) services+=("$1") ;;
    esac
    shift
done

# Of `service-1  | TIME text` the time comes first.
list_services() {
    compose logs --no-color --timestamps --since="$since" "$@" |
        sed -n -E 's/^[^a-z]*([a-z-]+[a-z])-[0-9]+ +\| ([0-9T:.-]+Z) /\2 \1 /p'
}

# Airflow writes a file for each attempt at a task; the worker knows how far back to look.
list_tasks() { compose exec -T airflow-worker python /opt/task_logs.py "$since"; }

choose_stack
wants_tasks=true
names=()
if [ ${#services[@]} -gt 0 ]; then
    wants_tasks=false
    for name in "${services[@]}"; do
        if [ "$name" = task ]; then wants_tasks=true; else names+=("$name"); fi
    done
fi
{
    if [ ${#services[@]} -eq 0 ] || [ ${#names[@]} -gt 0 ]; then list_services ${names[@]+"${names[@]}"}; fi
    if [ "$wants_tasks" = true ]; then list_tasks; fi
} | LC_ALL=C sort --stable --key=1,1
