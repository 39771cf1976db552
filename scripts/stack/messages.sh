# shellcheck shell=bash
# How the stack's scripts speak: plain lines when piped, colours and rewritten lines on a terminal.

bold='' red='' yellow='' green='' plain=''
if [ -t 1 ] && [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$'\033[1m' red=$'\033[31m' yellow=$'\033[33m' green=$'\033[32m' plain=$'\033[0m'
fi

say() { printf '%s\n' "$*"; }
announce() { printf '%s%s%s\n' "$bold" "$*" "$plain"; }
confirm_done() { printf '%s%s%s\n' "$green" "$*" "$plain"; }
warn() { printf '%s%s%s\n' "$yellow" "$*" "$plain" >&2; }
complain() { printf '%s%s%s\n' "$red" "$*" "$plain" >&2; }

# One point for each line.
list_points() {
    local line
    while IFS= read -r line; do say "  - $line"; done <<<"$1"
}

stop_with() {
    complain "$*"
    exit 1
}

# ask_for_yes VERB DONE: goes on after a typed yes alone.
ask_for_yes() {
    local answer=''
    if ! [ -t 0 ]; then
        stop_with "Nothing was $2: there is no terminal to ask on. Say --yes to go on without asking."
    fi
    read -r -p "Type yes to $1: " answer || true
    [ "$answer" = yes ] || stop_with "Nothing was $2."
}

refuse_option() {
    complain "Unknown option: $1"
    usage >&2
    exit 2
}

# One line that is rewritten on a terminal; on a pipe, a line only when what it tells has changed.
progress_told=''
show_progress() {
    local elapsed=$1 told=$2
    if [ -t 1 ]; then
        printf '\r\033[K  %3d s  %s' "$elapsed" "$(shorten_to_terminal "$told")"
    elif [ "$told" != "$progress_told" ]; then
        printf '  %3d s  %s\n' "$elapsed" "$told"
    fi
    progress_told=$told
}

end_progress() {
    if [ -t 1 ] && [ -n "$progress_told" ]; then printf "\n"; fi
    progress_told=''
}

# A line longer than the terminal could not be rewritten.
shorten_to_terminal() {
    local width
    width=$(tput cols 2>/dev/null || echo 80)
    printf '%s' "${1:0:$((width > 30 ? width - 10 : 20))}"
}
