# shellcheck shell=bash
# Each secret of .env in a file of its own, which Compose mounts into the services that need it. Where it is
# missing, Compose tells its whole path, and so what to run.

secrets_folder=.secrets/made-by-docker-start-full.sh

# Names of .env, as the compose file mounts them.
list_mounted_secrets() {
    sed -n "s|^ .*file: \./$secrets_folder/\([a-z_]*\).*|\1|p" docker-compose-full.yml |
        tr '[:lower:]' '[:upper:]'
}

# Only the outer folder is closed: some containers run as another user, and reach their files all the same.
write_secrets() {
    local name
    if ! { (umask 077 && mkdir -p .secrets) && chmod 700 .secrets && mkdir -p "$secrets_folder"; } ||
        ! [ -w "$secrets_folder" ]; then
        stop_with ".secrets cannot be written by you. Run: sudo chown -R $(id -u) .secrets"
    fi
    for name in $(list_mounted_secrets); do write_secret "$name"; done
    give_to_caller .secrets
}

# Whole or not at all. One that is as it should be stays: containers would not see that it was replaced.
write_secret() {
    local file value
    file=$secrets_folder/$(tr '[:upper:]' '[:lower:]' <<<"$1")
    value=$(setting "$1")
    if [ -f "$file" ] && [ "$(<"$file")" = "$value" ]; then return; fi
    open_partial "$file"
    printf '%s' "$value" >"${partial:?}"
    chmod 444 "$partial"
    close_partial "$file"
}

# With --production, before anything was stored: nobody has used the development passwords, and no
# promotion is unsigned, so that nothing need be changed by hand.
generate_passwords() {
    local name value
    if has_databases; then return; fi
    for name in AIRFLOW_ADMIN_PASSWORD AIRFLOW_DB_PASSWORD CARPRICE_SIGNING_KEY; do
        value=$(setting "$name")
        if [ -n "${!name+set}" ] || { [ -n "$value" ] && ! is_development_value "$name" "$value"; }; then continue; fi
        write_setting "$name" "$(generate_secret "$name")"
        say "Wrote a secret of its own as $name into .env."
    done
}

is_development_value() { case $1=$2 in AIRFLOW_ADMIN_PASSWORD=admin | AIRFLOW_DB_PASSWORD=airflow) ;; *) false ;; esac; }

shortest_secret=12
fewest_characters=5
names_of_roles='airflow mlflow postgres redis'

# What can be guessed, a line each; those that are optional and empty are in no use.
list_weak_values() {
    local name value other seen=''
    for name in $(list_passwords); do
        value=$(setting "$name")
        if is_development_value "$name" "$value"; then continue; fi
        case $value in '' | "${generated:?}") continue ;; esac
        if ((${#value} < shortest_secret)); then
            say "$name is shorter than $shortest_secret characters: choose a longer one in .env."
        elif (($(count_characters "$value") < fewest_characters)); then
            say "$name repeats fewer than $fewest_characters characters: choose another one in .env."
        fi
        case " $names_of_roles $(setting AIRFLOW_ADMIN_USER) " in
            *" $value "*) say "$name is the name of a user: choose another one in .env." ;;
        esac
        for other in $seen; do
            if [ "$(setting "$other")" = "$value" ]; then
                say "$name is the same as $other: give each one of its own in .env."
            fi
        done
        seen="$seen $name"
    done
}

count_characters() {
    local rest=$1 count=0
    while [ -n "$rest" ]; do
        rest=${rest//"${rest:0:1}"/}
        count=$((count + 1))
    done
    echo "$count"
}
