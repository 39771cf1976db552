#!/usr/bin/env bash
# Gives secrets of the running stack new values.
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")"
. scripts/stack/all.sh
. scripts/stack/backup.sh
. scripts/stack/rotation.sh

usage() {
    cat <<'TEXT'
Usage: ./docker-rotate-full.sh NAME...
       ./docker-rotate-full.sh --all
       ./docker-rotate-full.sh --list

Gives secrets of .env new values, there and in the running stack. Steps of the pipeline that are under way
end first, and no new one begins meanwhile; then the services that know the secret are started again. After
an interruption, run it again: it finishes the job.

  --all         every one that --list names
  --list        what can be given a new value so
  -h, --help    show this

Ends with 0 when all is up with the new values, 1 when something failed, 2 on wrong use.
TEXT
}

rotate() {
    announce "Waiting for the steps under way"
    hold_steps
    finish_earlier
    announce "New values for $names"
    change_secrets "$names"
    announce "Starting the services that know them"
    restart_services "$names"
    confirm_done "Done. .env holds the new values: keep a copy of it, as a backup does."
}

case ${1:-} in
    -h | --help) usage && exit 0 ;;
    '') usage >&2 && exit 2 ;;
esac
choose_stack
case $1 in
    --list) list_rotatable && exit 0 ;;
    --all) names=$(list_rotatable) && shift ;;
    -*) refuse_option "$1" ;;
    *) names=$* ;;
esac
check_rotatable "$names"
ensure_own_stack
ensure_upgraded
ensure_running
names=$(join_unfinished "$names")
end_together 'Interrupted. Run the same command again: it finishes the job.' rotate
