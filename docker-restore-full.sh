#!/usr/bin/env bash
# Lists backups, or brings one back.
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")"
. scripts/stack/all.sh
. scripts/stack/backup.sh
. scripts/stack/restore.sh

usage() {
    cat <<'TEXT'
Usage: ./docker-restore-full.sh [SNAPSHOT|latest] [--yes] [--unsaved]

Without a name, lists the backups. With one, examines it, says what it will replace and asks, backs up what
stands, brings back databases, files and .env, starts the stack, and holds it against what the backup promised.
On a machine that has lost all, write CARPRICE_BACKUP_KEY, and where backups lie, into .env first. After an
interruption, run it again: until it has ended, nothing starts.

  --yes         do not ask
  --unsaved     take no backup of what stands
  -h, --help    show this

Ends as ./docker-start-full.sh does; with 1 also when it was not confirmed, or not all came back.
TEXT
}

show_backups() {
    in_backup list || stop_with "No list."
    say "To restore one: ./docker-restore-full.sh with its name, or latest"
}

# shellcheck disable=SC2329 # called by end_together
bring_back() {
    begin_restore
    restore_settings
    restore_data
    rm -f "$marker"
    confirm_done "Everything is in place."
}

# shellcheck disable=SC2034 # snapshot is set and read by scripts/stack/restore.sh
named='' yes=false unsaved=false snapshot=''
for option in "$@"; do
    case $option in
        --yes | -y) yes=true ;;
        --unsaved) unsaved=true ;;
        -h | --help) usage && exit 0 ;;
        -*) refuse_option "$option" ;;
        *) named=$option ;;
    esac
done

choose_stack
ensure_own_stack
ensure_upgraded
ensure_environment
prepare_backup
if [ -f "$marker" ]; then named=${named:-$(<"$marker")} unsaved=true; fi
if [ -z "$named" ]; then show_backups && exit 0; fi
announce "Building the images"
compose --profile backup build || stop_with "The images could not be built: see the lines above. Nothing was changed."
examine_backup "$named"
list_replaced
if [ "$yes" = false ]; then ask_for_yes replace replaced; fi
if [ "$unsaved" = false ] && has_something; then take_safety_backup; fi
end_together 'Interrupted. Run the same command again: it finishes the job.' bring_back
ended=0
./docker-start-full.sh || ended=$?
in_backup verify "$snapshot" || stop_with "Not all came back as the backup promised: see above."
exit "$ended"
