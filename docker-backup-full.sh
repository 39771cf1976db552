#!/usr/bin/env bash
# Takes a backup of the running stack now, or rehearses a restore of the last one.
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")"
. scripts/stack/all.sh
. scripts/stack/backup.sh

usage() {
    cat <<'TEXT'
Usage: ./docker-backup-full.sh [--drill | --moment TIME]

Saves both databases, all models and files, and .env, encrypted, while everything goes on running. Where
to, how many are kept, and a time for one each day stand in .env (CARPRICE_BACKUP_…). It is whole or is
not there: after an interruption, run it again. ./docker-restore-full.sh lists and restores.

  --drill       take none, but restore the last one beside everything, and see whether it is whole
  --moment TIME take one of the databases as they were at TIME (UTC, such as "2026-11-27 14:05"), by the
                journal that CARPRICE_JOURNAL_FOLDER keeps, with the files of now
  -h, --help    show this

Ends with 0 when it is done, 1 when something failed, 2 on wrong use.
TEXT
}

run_drill() {
    ensure_environment
    prepare_backup
    in_backup drill || stop_with "The restore drill failed: the last backup did not come back whole."
}

back_up_moment() {
    ensure_environment
    prepare_backup
    save_moment "$moment" || stop_with "No backup of $moment was taken."
    say "To go back to $moment: ./docker-restore-full.sh with the name of this backup"
}

back_up() {
    ensure_environment
    ensure_databases_run
    prepare_backup
    warn_of_same_disk
    take_backup by-hand || stop_with "No backup was taken; the last one is the one before."
    warn_of_key
}

act=back_up moment=''
case "$# ${1-}" in
    '0 ') ;;
    '1 --drill') act=run_drill ;;
    '2 --moment') act=back_up_moment moment=$2 ;;
    *' -h' | *' --help') usage && exit 0 ;;
    '1 --moment') complain "--moment wants a time, such as \"2026-11-27 14:05\" (UTC)" && exit 2 ;;
    *) refuse_option "$*" ;;
esac

choose_stack
ensure_own_stack
end_together 'Interrupted. No backup was taken; run the same command again.' "$act"
