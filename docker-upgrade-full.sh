#!/usr/bin/env bash
# Brings the running stack to the commit of this clone; whatever goes wrong brings the old one back.
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")"
. scripts/stack/all.sh
. scripts/stack/backup.sh
. scripts/stack/restore.sh
. scripts/stack/rotation.sh
. scripts/stack/upgrade.sh

usage() {
    cat <<'TEXT'
Usage: ./docker-upgrade-full.sh [--from COMMIT] [--yes]

After `git pull`, while the stack of before still runs: checks room and clone, asks, builds the new images beside
the old ones, waits for steps under way, takes a backup, migrates the databases, starts, and asks the page for the
golden cars again. Anything that fails brings back the old images, the backup, .env and the commit of before. A
receipt is left in models/upgrades. After an interruption, run it again: it finishes the upgrade, or the way back.

  --from COMMIT what the stack was started from, where the clone does not know it any more
  --yes         do not ask
  -h, --help    show this

Ends with 0 when the new commit runs, 1 when the old one goes on or it was not confirmed, 2 on wrong use.
TEXT
}

# Each part begins where the one before has ended, be it in an earlier call.
# shellcheck disable=SC2329 # called by end_together
upgrade() {
    if is_in preparing; then
        attempt prepare_upgrade
        if [ "$ended" != 0 ]; then undo_preparation; fi
    fi
    if is_in switching; then
        attempt switch_over
        if [ "$ended" = 0 ]; then
            finish_upgrade
            return
        fi
        note failed "$(noted step)"
        note phase returning
    fi
    if is_in returning; then return_data; fi
    return_code
}

from='' yes=false
while [ $# -gt 0 ]; do
    case $1 in
        --from) from=${2-} && shift ;;
        --yes | -y) yes=true ;;
        -h | --help) usage && exit 0 ;;
        *) refuse_option "$1" ;;
    esac
    shift || refuse_option --from
done

choose_stack
ensure_own_stack
if is_under_way; then
    ensure_commit_of_upgrade
else
    find_commits
    check_machine
    check_upgrade
    list_changes
    if [ "$yes" = false ]; then ask_for_yes upgrade upgraded; fi
    begin_upgrade
fi
end_together 'Interrupted. Run the same command again: it finishes the job.' upgrade
