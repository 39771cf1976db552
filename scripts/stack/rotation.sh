# shellcheck shell=bash
# New values for secrets of a stack that runs.

# Names whose change was begun, and which may stand in .env and not yet in the services.
unfinished=.secrets/rotating
step_limit=${CARPRICE_STEP_LIMIT:-1800}

# What others hold too cannot be given a new value here: the address of a mail server, a provider's secret.
list_rotatable() {
    local name
    for name in $(list_mounted_secrets); do
        case $name in
            OPENID_*) ;;
            *_PASSWORD | *_SECRET | *_KEY) if [ -n "$(setting "$name")" ]; then echo "$name"; fi ;;
        esac
    done
}

check_rotatable() {
    local name known
    known=$(list_rotatable | tr '\n' ' ')
    for name in $1; do
        case " $known" in
            *" $name "*) ;;
            *) complain "$name is no secret that can be given a new value here: $known" && exit 2 ;;
        esac
        if [ -n "${!name+set}" ]; then
            stop_with "$name is set in the environment, which hides what .env says: unset $name, and run this again."
        fi
        find_assignment "$name" .env || stop_with "$name is not in .env: ./docker-start-full.sh adds it."
    done
}

ensure_running() {
    [ -n "$(list_containers)" ] ||
        stop_with "Nothing of this stack is running: start it first, with ./docker-start-full.sh"
}

join_unfinished() {
    local name names=$1
    if [ -f "$unfinished" ]; then
        for name in $(<"$unfinished"); do
            case " $(tr '\n' ' ' <<<"$names") " in *" $name "*) ;; *) names="$names $name" ;; esac
        done
    fi
    tr '\n' ' ' <<<"$names"
}

# Without a scheduler no step begins; those that wait in the queue hold tokens of the old keys, so they are
# let through as well.
hold_steps() {
    local count
    start_databases --no-deps --no-recreate postgres >/dev/null || exit 1
    compose stop airflow-scheduler >/dev/null 2>&1
    SECONDS=0
    while :; do
        count=$(count_steps) || stop_with "Nothing was changed: Postgres does not say which steps are under way."
        [ "$count" != 0 ] || break
        show_progress "$SECONDS" "$count under way"
        if ((SECONDS >= step_limit)); then
            end_progress
            compose start airflow-scheduler >/dev/null 2>&1
            stop_with "Nothing was changed: steps were still under way after $step_limit s. Run this again when they" \
                "have ended, or CARPRICE_STEP_LIMIT=$((step_limit * 2)) waits longer."
        fi
        sleep 1
    done
    end_progress
}

count_steps() {
    ask_database airflow "SELECT count(*) FROM task_instance WHERE state IN ('queued', 'running', 'restarting')"
}

# What an interrupted rotation left in .env and not in the services.
finish_earlier() {
    [ -f "$unfinished" ] || return 0
    write_secrets
    restart_services "$(<"$unfinished")"
}

# Rings first: what they protect is made anew while all else is as the services know it.
change_secrets() {
    local name
    printf '%s\n' "$1" >"$unfinished"
    for name in $1; do
        if is_ring "$name"; then renew_ring "$name"; fi
    done
    for name in $1; do
        if is_ring "$name"; then continue; fi
        if [ "$name" = CARPRICE_BACKUP_KEY ] && has_backups; then
            renew_backup_key
        else
            write_setting "$name" "$(generate_secret "$name")"
        fi
    done
    write_secrets
}

is_ring() { case $1 in AIRFLOW_FERNET_KEY | CARPRICE_SIGNING_KEY) ;; *) false ;; esac; }

# A ring of keys: the first encrypts or signs, all are believed. What the old one made is made anew, then it
# goes. With two in .env a rotation was interrupted, and is finished with them.
renew_ring() {
    local name=$1 ring
    ring=$(setting "$name")
    if [[ $ring != *,* ]]; then
        ring=$(generate_secret "$name"),$ring
        write_setting "$name" "$ring"
    fi
    write_secrets
    stop_knowing "$name"
    renew_with_ring "$name" || stop_with "What $name protects could not be made anew: see the lines above. .env holds" \
        "the new key and the old one, with which all goes on. Run this again."
    write_setting "$name" "${ring%%,*}"
}

# In containers of their own, as those of the services know the ring of before.
renew_with_ring() {
    case $1 in
        AIRFLOW_FERNET_KEY) compose run --rm --no-deps -T airflow-init airflow rotate-fernet-key ;;
        CARPRICE_SIGNING_KEY) compose run --rm --no-deps -T streamlit carprice sign --yes ;;
    esac
}

has_backups() { [ -n "$(setting CARPRICE_BACKUP_TO)" ] || [ -f "$(setting CARPRICE_BACKUP_FOLDER)/config" ]; }

# It opens what lies elsewhere: the new one is let in, .env changes, then all others are shut out. Ended
# anywhere, what .env says opens the backups, and the next one shuts out the rest.
renew_backup_key() {
    local key
    key=$(generate_secret CARPRICE_BACKUP_KEY)
    prepare_backup
    printf '%s' "$key" | run_backup add-key || stop_with "The backups took no new key: see the lines above. The one" \
        "in .env opens them as before. Run this again."
    write_setting CARPRICE_BACKUP_KEY "$key"
    write_secrets
    in_backup drop-keys || stop_with "The new key is in .env, and earlier ones open the backups too. Run this again."
    warn_of_key
}

# Services find a changed file when they are started, not before; the databases before what uses them, and the
# scheduler last, as the steps it begins report to the others.
# shellcheck disable=SC2046 # one argument for each id
restart_services() {
    local services
    stop_knowing "$1"
    start_databases --no-deps --no-recreate postgres redis >/dev/null || exit 1
    take_passwords
    docker start $(leave_out airflow-scheduler $(list_containers)) >/dev/null
    services=$(compose config --services)
    wait_for_all "$(grep -vx airflow-scheduler <<<"$services")"
    compose start airflow-scheduler >/dev/null 2>&1
    wait_for_all "$services"
    rm -f "$unfinished"
}

wait_for_all() { wait_until_ready '' "$1" || stop_with "Not everything came up again. Run this again."; }

# shellcheck disable=SC2046 # one argument for each id
stop_knowing() { docker stop $(list_knowing "$1") >/dev/null; }

# Ids of the containers into which one of the secrets is mounted.
list_knowing() {
    local id mounted name
    for id in $(list_containers); do
        mounted=$(docker inspect --format '{{range .Mounts}}{{.Destination}} {{end}}' "$id")
        for name in $(tr '[:upper:]' '[:lower:]' <<<"$1"); do
            case " $mounted " in *" /run/secrets/$name "*) echo "$id" && break ;; esac
        done
    done
}
