# shellcheck shell=bash
# .env: made once with secrets of its own, completed after upgrades, read without being executed.

template=.env.example
generated='<generated>'
# Airflow signs tokens with these under HS512, which wants keys of 64 bytes.
signing_keys='AIRFLOW_JWT_SECRET AIRFLOW_SECRET_KEY'
signing_key_length=64

# The value that Compose will use: the environment's, else that of .env; where it is empty, as where
# there is none, the default, which stands in the template too.
setting() {
    local value=''
    if [ -n "${!1+set}" ]; then
        value=${!1}
    elif find_assignment "$1" .env; then
        value=$(read_value "$found_value")
    fi
    if [ -z "$value" ] && find_assignment "$1" "$template"; then
        value=$(unquote "$found_value")
    fi
    printf '%s\n' "$value"
}

pattern_of() { printf '^[[:space:]]*(export[[:space:]]+)?%s[[:space:]]*=(.*)$' "$1"; }

# The last assignment in a file wins, as in Compose; it is left in found_value as written.
find_assignment() {
    local line pattern found=1
    [ -f "$2" ] || return 1
    pattern=$(pattern_of "$1")
    while IFS= read -r line || [ -n "$line" ]; do
        [[ $line == *"$1"* ]] || continue # for speed: most lines
        if [[ $line =~ $pattern ]]; then found_value=${BASH_REMATCH[2]%$'\r'} found=0; fi
    done <"$2"
    return $found
}

# What was written as Compose understands it: other names are followed, but within single quotes.
read_value() {
    local single="^[[:space:]]*'.*'" # bash 3.2 cannot read it inside [[ ]]
    if [[ $1 =~ $single ]]; then unquote "$1"; else follow_names "$(unquote "$1")"; fi
}

# $NAME and ${NAME} give way to the setting of that name; $$ is a $, and any other $ stays.
followed=' '
follow_names() {
    local rest=$1 told='' name
    local braced='^[{]([A-Za-z_][A-Za-z0-9_]*)[}]' bare='^([A-Za-z_][A-Za-z0-9_]*)'
    while [[ $rest == *'$'* ]]; do
        told=$told${rest%%\$*} rest=${rest#*\$}
        if [[ $rest =~ $braced || $rest =~ $bare ]]; then
            name=${BASH_REMATCH[1]} rest=${rest:${#BASH_REMATCH[0]}}
            # One that leads to itself is followed once.
            if [[ $followed != *" $name "* ]]; then told=$told$(followed="$followed$name " && setting "$name"); fi
        else
            told=$told'$' rest=${rest#\$}
        fi
    done
    printf '%s\n' "$told$rest"
}

# Quotes and a trailing comment go, as in Compose.
unquote() {
    local value=$1
    value=${value#"${value%%[![:space:]]*}"}
    case $value in
        \"*\\*\"*) value=$(undouble "${value#\"}") ;;
        \"*\"*) value=${value#\"} value=${value%%\"*} ;;
        \'*\'*) value=${value#\'} value=${value%%\'*} ;;
        *)
            value=${value%%[[:space:]]#*}
            value=${value%"${value##*[![:space:]]}"}
            ;;
    esac
    printf '%s\n' "$value"
}

# Up to the quote that ends it. What is escaped stands for itself; a $ is left doubled, for follow_names.
undouble() {
    local rest=$1 told=''
    while [ -n "$rest" ] && [[ $rest != \"* ]]; do
        case $rest in
            '\$'*) told=$told'$$' rest=${rest#??} ;;
            '\"'* | \\\\*) told=$told${rest:1:1} rest=${rest#??} ;;
            *) told=$told${rest:0:1} rest=${rest#?} ;;
        esac
    done
    printf '%s\n' "$told"
}

list_variables() { sed -n 's/^\([A-Z][A-Z0-9_]*\)=.*/\1/p' "$template"; }
list_passwords() { sed -n -E 's/^([A-Z0-9_]+_(PASSWORD|SECRET|KEY))=.*/\1/p' "$template"; }
list_secrets() { sed -n "s/^\([A-Z][A-Z0-9_]*\)=$generated.*/\1/p" "$template"; }

# Random bytes in url-safe base64. 32 make 44 characters, which is also the form of a Fernet key; a
# signing key has 48, which make 64.
generate_secret() {
    local secret bytes=32 length=44
    case " $signing_keys " in *" $1 "*) bytes=48 length=$signing_key_length ;; esac
    secret=$(head -c "$bytes" /dev/urandom | base64 | tr '+/' '-_' | tr -d '\r\n')
    [ "${#secret}" -eq "$length" ] || stop_with "No secret could be made: /dev/urandom or base64 is missing."
    printf '%s' "$secret"
}

# On Linux the containers write as the user who starts the stack; root stands for whoever called
# sudo. Docker Desktop under Git Bash maps users itself and its ids fit no container.
choose_owner() {
    local owner
    owner=$(id -u)
    if [ "$owner" = 0 ]; then owner=${SUDO_UID:-0}; fi
    case $(uname -s) in MINGW* | MSYS* | CYGWIN*) owner=0 ;; esac
    if [ "$owner" = 0 ]; then owner=50000; fi
    printf '%s' "$owner"
}

# Docker Desktop maps users itself, and root gives the folders to whomever .env names.
needs_owner() { [ "$(uname -s)" = Linux ] && [ "$(id -u)" != 0 ]; }

# A line of the template as it will stand in .env.
complete_line() {
    local secret
    case $1 in
        *="$generated")
            secret=$(generate_secret "${1%%=*}") || return
            printf '%s=%s\n' "${1%%=*}" "$secret"
            ;;
        AIRFLOW_UID=*) printf 'AIRFLOW_UID=%s\n' "$(choose_owner)" ;;
        *) printf '%s\n' "$1" ;;
    esac
}

ensure_environment() {
    [ -f "$template" ] || stop_with "$template is missing: restore it with: git checkout $template"
    if [ -f .env ]; then
        append_missing
        correct_owner
        quote_passwords
    else
        create_environment
    fi
}

partial=''

# A file beside another that takes its place when it is whole; an interruption takes it away.
open_partial() {
    partial=$(umask 077 && mktemp "$1.XXXXXX")
    trap 'rm -f "$partial"' EXIT
}

close_partial() {
    mv -f "$partial" "$1"
    trap - EXIT
}

# What root made for somebody who called sudo is theirs.
give_to_caller() {
    if [ "$(id -u)" = 0 ] && [ -n "${SUDO_UID:-}" ]; then chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$1"; fi
}

# Whole or not at all, and readable by its owner only from the first byte on.
create_environment() {
    local line
    open_partial .env
    while IFS= read -r line || [ -n "$line" ]; do
        complete_line "${line%$'\r'}"
    done <"$template" >"$partial"
    give_to_caller "$partial"
    close_partial .env
    say "Made .env from $template, with secrets of its own."
}

append_missing() {
    local name names='' lines=''
    for name in $(list_variables); do
        if find_assignment "$name" .env; then continue; fi
        find_assignment "$name" "$template"
        names="$names $name"
        lines="$lines$(complete_line "$name=$found_value")"$'\n'
    done
    [ -n "$names" ] || return 0
    # What a person wrote last may lack its line end.
    if [ -n "$(tail -c 1 .env)" ]; then lines=$'\n'$lines; fi
    printf '%s' "$lines" >>.env
    say "Added to .env what $template has and it lacked:$names"
}

# A template that was copied by hand holds an owner that nobody chose, so it is set right. Another one
# somebody wrote, perhaps on another machine: check_owner asks instead of writing over it.
correct_owner() {
    local written chosen
    needs_owner || return 0
    find_assignment AIRFLOW_UID .env
    written=$(unquote "$found_value")
    find_assignment AIRFLOW_UID "$template"
    chosen=$(choose_owner)
    case $written in
        "$chosen") ;;
        '' | "$found_value")
            write_setting AIRFLOW_UID "$chosen"
            say "Wrote AIRFLOW_UID=$chosen into .env."
            ;;
    esac
}

# Compose takes a $ for the beginning of a name, but within single quotes: there a password is what was
# typed, for plain `docker compose` too. A whole ${NAME} was meant as one.
quote_passwords() {
    local name value
    for name in $(list_passwords); do
        value=$(find_dollars "$name")
        if [ -z "$value" ] || is_beyond_quotes "$value"; then continue; fi
        write_setting "$name" "'$value'"
        say "Put $name into single quotes in .env, so that a \$ in it stays one."
    done
}

# The password that Compose would not take as it stands in .env, if it is such a one.
find_dollars() {
    local value
    find_assignment "$1" .env || return 0
    value=$(unquote "$found_value")
    [[ $value == *'$'* && $value != "\${"*"}" ]] || return 0
    # Quoted already; a backslash within double quotes says that their writer knew.
    if [[ $found_value =~ ^[[:space:]]*(\'|\".*\\) ]]; then return 0; fi
    printf '%s' "$value"
}

is_beyond_quotes() { [[ $1 == *\'* || $1 == *\\ ]]; }

# Every value that cannot work, one line each; no secret is told.
list_faults() {
    check_secrets
    check_passwords
    check_production
    check_monitoring
    check_sign_in
    check_owner
    check_domain
}

check_secrets() {
    local name
    for name in $(list_secrets); do
        case $(setting "$name") in
            '' | "$generated")
                say "$name has no value: give it one, or delete its line from .env to get a new secret." ;;
        esac
    done
}

check_passwords() {
    local name
    for name in $(list_passwords); do
        if ! is_beyond_quotes "$(find_dollars "$name")"; then continue; fi
        say "$name holds a \$ and also a ' or, at its end, a \\, which Compose cannot be told together: choose" \
            "another one, and write it in .env as $name='…'."
    done
}

# Anything else would seem to ask for production, and would not.
check_production() {
    if is_true PRODUCTION || is_false PRODUCTION; then return; fi
    say "PRODUCTION=$(setting PRODUCTION) is neither true nor false: set it to one of them in .env."
}

# The compose file knows a form of the stack for each of the two.
check_monitoring() {
    case $(setting CARPRICE_MONITORING) in
        true | false) ;;
        *) say "CARPRICE_MONITORING=$(setting CARPRICE_MONITORING) is neither true nor false." ;;
    esac
}

is_true() { [[ $(setting "$1") == [Tt][Rr][Uu][Ee] ]]; }
is_false() { [[ $(setting "$1") == [Ff][Aa][Ll][Ss][Ee] ]]; }

# Containers that run as another user could not write into the folders of this one. 0 may be meant: to
# an engine that runs without root it is the user who started it.
check_owner() {
    local owner
    needs_owner || return 0
    owner=$(setting AIRFLOW_UID)
    case $owner in 0 | "$(choose_owner)") return ;; esac
    say "AIRFLOW_UID=$owner is not you, so that containers could not write into this folder: set it to" \
        "$(choose_owner) in .env."
}

list_development_values() {
    local name value
    for name in $(list_passwords); do
        value=$(setting "$name")
        if is_development_value "$name" "$value"; then
            say "$name is the development value $value: change it in .env."
        fi
    done
}

# Keys of earlier releases, or somebody's own. They go on working, and a new one is left to a person: it
# would log people out of Airflow, and tasks that wait in the queue hold tokens signed with the old one.
warn_of_short_keys() {
    local name value names=''
    for name in $signing_keys; do
        value=$(setting "$name")
        if [ "${#value}" -lt "$signing_key_length" ]; then names="${names:+$names and }$name"; fi
    done
    [ -n "$names" ] || return 0
    warn "Shorter than the $signing_key_length characters that Airflow wants: $names; while no run is on, delete" \
        "that line of .env and start again to get a new one (people then log in to Airflow anew)."
}

# $1: true when production was asked for on the command line.
check_environment() {
    local production=$1 faults development
    if is_true PRODUCTION; then production=true; fi
    faults=$(list_faults)
    development=$(list_development_values)
    if [ "$production" = true ]; then
        faults=$(printf '%s\n' "$faults" "$development" "$(list_weak_values)" | grep .) || true
    fi
    if [ -n "$faults" ]; then
        complain "The stack was not started; .env needs a change:"
        list_points "$faults" >&2
        exit 1
    fi
    if [ -n "$development" ]; then
        warn "Development logins. For a shared machine start with --production, which refuses them:"
        list_points "$development" >&2
    fi
    warn_of_short_keys
}

# Later starts keep what --production asked for.
remember_production() {
    find_assignment PRODUCTION .env
    if [ "$(unquote "$found_value")" = true ]; then return; fi
    write_setting PRODUCTION true
    say "Wrote PRODUCTION=true into .env."
}

# In place of what .env says; its owner and its rights stay.
write_setting() {
    local line pattern
    pattern=$(pattern_of "$1")
    open_partial .env
    cp -p .env "$partial"
    while IFS= read -r line || [ -n "$line" ]; do
        if [[ $line =~ $pattern ]]; then line="$1=$2"; fi
        printf '%s\n' "$line"
    done <.env >"$partial"
    close_partial .env
}
