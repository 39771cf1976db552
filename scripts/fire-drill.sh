#!/usr/bin/env bash
# Breaks the running stack on purpose, one thing at a time, and tells how it came through.
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/stack/all.sh
. scripts/stack/backup.sh
. scripts/stack/fire_drill.sh
. scripts/stack/faults.sh

usage() {
    cat <<TEXT
Usage: scripts/fire-drill.sh [--production --production] [FAULT...]

Breaks the running stack on purpose, one thing at a time, while estimates are asked of API and page five
times a second, puts all back, and prints and keeps a graded report in $reports. Without names, all faults:
$all_faults. After an interruption, run it again: it puts back first what was broken.

  --production  needed on a stack with PRODUCTION=true, and said twice
  -h, --help    show this

Ends with 0 when the stack came through all of it, 1 when it did not or something failed, 2 on wrong use.
TEXT
}

asked='' said=0
for option in "$@"; do
    case $option in
        -h | --help) usage && exit 0 ;;
        --production) said=$((said + 1)) ;;
        -*) refuse_option "$option" ;;
        *)
            case " $all_faults " in
                *" $option "*) asked="$asked $option" ;;
                *) complain "$option is no fault; these are: $all_faults" && exit 2 ;;
            esac
            ;;
    esac
done

choose_stack
if ! is_false PRODUCTION && ((said < 2)); then
    stop_with "This is a production stack (PRODUCTION in .env), and a drill breaks it on purpose while people use it." \
        "Nothing was done. To do it all the same, say it twice: scripts/fire-drill.sh --production --production"
fi
# shellcheck disable=SC2034 # read by scripts/stack/fire_drill.sh
faults=${asked:-$all_faults}
ensure_own_stack
ensure_restored
ensure_upgraded
end_together 'Interrupted. What was broken is put back; run it again for another report.' drill
