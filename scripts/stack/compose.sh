# shellcheck shell=bash
# The one way to Docker Compose, and what is asked of its containers.

wait_limit=${CARPRICE_START_LIMIT:-600}

# Compose finds its file and its names here whatever its version, and also without a .env.
choose_stack() {
    if [ -e .env ] && ! { [ -f .env ] && [ -r .env ]; }; then
        stop_with ".env is no file that you may read. If it is another user's: sudo chown $(id -u) .env"
    fi
    COMPOSE_FILE=$(setting COMPOSE_FILE)
    COMPOSE_PROJECT_NAME=$(setting COMPOSE_PROJECT_NAME)
    : "${COMPOSE_FILE:=docker-compose-full.yml}" "${COMPOSE_PROJECT_NAME:=carprice}"
    export COMPOSE_FILE COMPOSE_PROJECT_NAME
}

compose() { (become_compose "$@"); }

# In place of the shell that runs this: who ends that process then ends Compose itself.
become_compose() {
    local values=.env
    [ -f .env ] || values=.env.example
    exec docker compose --env-file "$values" "$@"
}

list_containers() {
    docker ps --all --quiet --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
        --filter label=com.docker.compose.oneoff=False
}

# Ids of containers, but for those of some services. $1: their names, with bars between; then the ids.
leave_out() {
    docker inspect --format '{{.Id}} {{index .Config.Labels "com.docker.compose.service"}}' "${@:2}" |
        sed -n -E "/ ($1)\$/!s/ .*//p"
}

# A line for each container: service, status, exit code, health, restarts, killed for want of memory.
list_states() {
    local ids
    ids=$(list_containers)
    [ -n "$ids" ] || return 0
    # A container may go between the two questions.
    # shellcheck disable=SC2086 # one argument for each id
    docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}} {{.State.Status}} {{.State.ExitCode}} {{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}} {{.RestartCount}} {{.State.OOMKilled}}' $ids 2>/dev/null || true
}

# ready, failed or waiting, of the words of one line of list_states.
judge() {
    local service=$1 status=$2 code=$3 health=$4 restarts=$5
    case "$status $health" in
        'running healthy' | 'running none') echo ready ;;
        'running unhealthy' | dead*) echo failed ;;
        exited*)
            case "$service $code" in
                *-init\ 0) echo ready ;;
                *\ 0) echo waiting ;;
                *) echo failed ;;
            esac
            ;;
        restarting*) if ((restarts >= 3)); then echo failed; else echo waiting; fi ;;
        *) echo waiting ;;
    esac
}

# A line for each service: verdict, name, and what its worst container does.
judge_services() {
    local services=$1 states service line verdict worst told
    states=$(list_states)
    for service in $services; do
        worst='' told='not started'
        while read -r line; do
            [ "${line%% *}" = "$service" ] || continue
            # shellcheck disable=SC2086 # its words are the arguments
            verdict=$(judge $line)
            case "$worst $verdict" in
                ' '* | 'ready '* | 'waiting failed') worst=$verdict told=$(describe_state "$line") ;;
            esac
        done <<<"$states"
        echo "${worst:-waiting} $service $told"
    done
}

describe_state() {
    local status code health restarts killed
    read -r _ status code health restarts killed <<<"$1"
    case $status in
        exited | dead | restarting)
            if [ "$status $code" = 'exited 0' ]; then status='done'; else status="$status with code $code"; fi
            ;;
        running) if [ "$health" != none ]; then status=$health; fi ;;
    esac
    if ((restarts > 0)); then status="$status, restarted $restarts times"; fi
    if [ "$killed" = true ]; then status="$status, killed for want of memory"; fi
    echo "$status"
}

# Starts the given services, of which Postgres is one, and waits until it answers: over TCP, as during
# its first initialisation the server listens on its socket only.
start_databases() {
    compose up --detach "$@" || return
    SECONDS=0
    until compose exec -T postgres psql -h 127.0.0.1 -U postgres -qAtc 'SELECT 1' >/dev/null 2>&1; do
        show_progress "$SECONDS" "waiting for postgres"
        if ((SECONDS >= wait_limit)) || is_down postgres; then
            end_progress
            tell_failures "failed postgres $(judge_services postgres | cut -d ' ' -f 3-)"
            return 1
        fi
        sleep 0.5
    done
    end_progress
}

# The volume may be older than the passwords in .env.
take_passwords() { compose exec -T postgres bash /docker-entrypoint-initdb.d/roles.sh </dev/null; }

is_down() { list_states | grep -Eq "^$1 (exited|dead|restarting) "; }

# Starts everything and waits with progress; ends early when a service has failed or Compose has.
start_services() {
    local log starter
    log=$(mktemp "${TMPDIR:-/tmp}/carprice.XXXXXX")
    become_compose up --detach >"$log" 2>&1 &
    starter=$!
    # shellcheck disable=SC2064 # number and name as they are now
    trap "end_starter $starter; rm -f '$log'" EXIT
    if wait_until_ready "$starter" "$(compose config --services)"; then
        rm -f "$log"
        trap - EXIT
        return
    fi
    tail -n 5 "$log" | sed 's/^/    /' >&2
    return 1
}

# Waits as well, so that nothing starts any more once the script has ended.
end_starter() {
    kill "$1" 2>/dev/null || return 0
    wait "$1" 2>/dev/null || true
}

wait_until_ready() {
    local starter=$1 services=$2 verdicts all ready broken=false
    all=$(grep -c . <<<"$services")
    SECONDS=0
    while :; do
        if [ -n "$starter" ] && ! kill -0 "$starter" 2>/dev/null; then
            wait "$starter" || broken=true
            starter=''
        fi
        verdicts=$(judge_services "$services")
        ready=$(grep -c '^ready ' <<<"$verdicts") || true
        show_progress "$SECONDS" "$ready of $all ready$(name_waiting "$verdicts")"
        if [ "$ready" -eq "$all" ] && [ -z "$starter" ] && [ "$broken" = false ]; then
            end_progress
            return
        fi
        if [ "$broken" = true ] || ((SECONDS >= wait_limit)) || grep -q '^failed ' <<<"$verdicts"; then
            break
        fi
        sleep 0.5
    done
    end_progress
    tell_failures "$verdicts"
    return 1
}

name_waiting() {
    local names
    names=$(sed -n 's/^waiting \([^ ]*\).*/\1/p' <<<"$1" | tr '\n' ' ')
    [ -z "$names" ] || printf ', waiting for %s' "${names% }"
}

# Where a service failed, the others merely wait for it.
tell_failures() {
    local verdicts=$1 verdict service told shown=failed
    if ! grep -q '^failed ' <<<"$verdicts"; then shown=waiting; fi
    if ((SECONDS >= wait_limit)); then
        complain "Not everything was ready after $wait_limit s;" \
            "CARPRICE_START_LIMIT=$((wait_limit * 2)) would wait longer."
    fi
    while read -r verdict service told; do
        [ "$verdict" = "$shown" ] || continue
        complain "$service: $told"
        if [ "$told" != 'not started' ]; then tell_last_lines "$service"; fi
    done <<<"$verdicts"
}

tell_last_lines() {
    say "its last lines:" >&2
    compose logs --no-color --no-log-prefix --tail=30 "$1" </dev/null 2>&1 | sed 's/^/    /' >&2
}

# What stands, for whoever started it.
show_states() {
    local service told
    judge_services "$(compose config --services)" | while read -r _ service told; do
        printf '  %-22s %s\n' "$service" "$told"
    done
}

stop_earlier_instance() {
    [ -n "$(list_containers)" ] || return 0
    announce "Stopping what runs of an earlier start"
    down_all
}

# With what a setting has taken out since it was started, which to Compose is no orphan.
down_all() { COMPOSE_PROFILES='*' compose down --remove-orphans; }
