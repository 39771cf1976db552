#!/usr/bin/env bash
# A stand-in for `docker` that keeps an engine's state in the folder FAKE_DOCKER: `calls` (a line for
# each, words apart by tabs), `containers`, `volumes`, `databases`. How it behaves stands in files of
# the folder `scenario`, which the tests write; without one, all goes well. Tests call it thousands of
# times, so it starts no other process.
set -u
services=$'postgres\nredis\nmlflow\nairflow-init\nairflow-webserver\nstreamlit\napi'

# scenario NAME DEFAULT: what the test says of a name, or the default.
scenario() {
    if [ -f "$FAKE_DOCKER/scenario/$1" ]; then said=$(<"$FAKE_DOCKER/scenario/$1"); else said=$2; fi
}

recall() {
    kept=''
    if [ -f "$FAKE_DOCKER/$1" ]; then kept=$(<"$FAKE_DOCKER/$1"); fi
}
keep() { printf '%s' "$2" >"$FAKE_DOCKER/$1"; }
tell() { [ -z "$1" ] || printf '%s\n' "$1"; }

# without NAME WORDS…: what is kept under a name, less these lines.
without() {
    local name=$1 line left=''
    shift
    recall "$name"
    while read -r line; do
        [[ " $* " == *" $line "* ]] || left+="${left:+$'\n'}$line"
    done <<<"$kept"
    keep "$name" "$left"
}

# The next of the states that the scenario has for a service; the last one stays.
tell_state() {
    local service=$1 usual='running 0 healthy 0 false' states looks
    case $service in *-init) usual='exited 0 none 0 false' ;; esac
    scenario "states-$service" "$usual"
    IFS=$'\n' read -r -d '' -a states <<<"$said"
    recall "looks-$service"
    looks=${kept:-0}
    keep "looks-$service" $((looks + 1))
    if ((looks >= ${#states[@]})); then looks=$((${#states[@]} - 1)); fi
    echo "$service ${states[looks]}"
}

bring_up() {
    local word named=''
    shift
    for word in "$@"; do [[ $word == -* ]] || named+="${named:+$'\n'}$word"; done
    named=${named:-$services}
    recall containers
    while read -r word; do
        [[ $'\n'$kept$'\n' == *$'\n'$word$'\n'* ]] || kept+="${kept:+$'\n'}$word"
    done <<<"$named"
    keep containers "$kept"
    keep "folder-$COMPOSE_PROJECT_NAME" "$PWD"
    if [[ $named == *redis* ]]; then keep volumes carprice_redis-data; fi
}

# How many steps are under way: what the scenario says, one less at each look.
tell_count() {
    scenario steps 0
    recall steps
    tell "${kept:-$said}"
    if ((${kept:-$said} > 0)); then keep steps $((${kept:-$said} - 1)); fi
}

# What the page shows: at the first look as ever, then as the scenario has it.
tell_price() {
    scenario price "84 000 DH"
    recall prices
    keep prices asked
    [ -n "$kept" ] || said="84 000 DH"
    echo "{\"make=Dacia\": [\"$said\"]}"
}

# Twenty more answers at each look: all is well at the first, and later as the scenario has it.
tell_asked() {
    local count
    scenario asked 'ok api 3'
    recall asked
    keep asked "$kept."
    for ((count = 0; count < 20 * (${#kept} + 1); count++)); do
        if ((count < 20)); then echo 'ok api 3'; else tell "$said"; fi
    done
}

compose() {
    if [ "$1" = --env-file ]; then shift 2; fi
    case $* in
        version*)
            scenario compose 2.26.1
            tell "$said"
            ;;
        up*) bring_up "$@" ;;
        down*) keep containers '' ;;
        rm*) without containers "$@" ;;
        ps*)
            recall containers
            if [[ $'\n'$kept$'\n' == *$'\n'${*: -1}$'\n'* ]]; then echo an-id; fi
            ;;
        config*) tell "$services" ;;
        logs*) echo "last words of ${*: -1}" ;;
        *'backup.py take'*) echo "2026-11-27 02:31:00  Backup 0123abcd is complete." ;;
        *'backup.py heads'*) echo '{"airflow": ["17dcde"], "mlflow": ["5b5abc"]}' ;;
        *'backup.py list'*) echo "0123abcd  2026-11-27 02:31 UTC  daily" ;;
        *'backup.py examine'*) printf '%s\n' 'snapshot 0123abcd' 'head mlflow 5b5abc' 'head airflow 17dcde' ;;
        *'backup.py settings'*)
            scenario settings ''
            tell "$said"
            ;;
        *'backup.py params'*) echo "model: restored" ;;
        *:8501) tell_price ;;
        *run_pipeline.py*)
            scenario pipeline 0
            printf '%s\n' "  0 s  train_model  running" "  1 s  train_model  success"
            return "$said"
            ;;
        *drill_registry.py*' standing')
            scenario standing '3 3 0'
            tell "$said"
            ;;
        *dag_run*) echo 0 ;;
        *is_paused*)
            scenario is_paused f
            tell "$said"
            ;;
        *promtool*)
            scenario alerts ''
            tell "$said"
            ;;
        *alembic_version*)
            scenario airflow_is_new t
            tell "$said"
            ;;
        *model_versions)
            scenario versions 0
            tell "$said"
            ;;
        *task_instance*) tell_count ;;
        *check_key.py)
            scenario key 0
            return "$said"
            ;;
        *roles.sh) keep databases $'airflow\nmlflow\nmade anew' ;;
        *'EXISTS airflow '*) without databases airflow ;;
        *'EXISTS mlflow '*) without databases mlflow ;;
    esac
}

engine() {
    local word
    scenario engine_error ''
    [ -z "$said" ] || { echo "$said" >&2 && return 1; }
    case $* in
        info*)
            case $* in
                *MemTotal*) scenario memory 8000000000 ;;
                *DockerRootDir*) scenario root '' ;;
                *) scenario version 28.2.2 ;;
            esac
            tell "$said"
            ;;
        logs*) tell_asked ;;
        'image inspect --format'*) echo "new-${*: -1}" ;;
        'image inspect'*) scenario "image-$3" '' && [ -n "$said" ] ;;
        run*htpasswd*)
            IFS= read -r word || true
            echo "${*: -1}:hash of ${#word} characters"
            ;;
        'ps --all'*working_dir*)
            recall containers
            [ -n "$kept" ] || return 0
            recall "folder-${4##*=}"
            tell "$kept"
            ;;
        'ps --all'*)
            recall containers
            tell "$kept"
            ;;
        'ps --filter publish='*)
            scenario "publisher-${3#publish=}" ''
            tell "$said"
            ;;
        'inspect --format {{.Created}}'*)
            scenario created ''
            tell "$said"
            ;;
        'inspect --format {{.Image}}'*) for word in "${@:4}"; do echo "id-of-$word carprice-$word:latest"; done ;;
        'inspect --format {{.Id}}'*) for word in "${@:4}"; do echo "$word $word"; done ;;
        'ps --quiet'*)
            recall containers
            tell "$kept"
            ;;
        'inspect --format {{range .Mounts}}'*) tell /run/secrets/airflow_jwt_secret ;;
        inspect*) for word in "${@:4}"; do tell_state "$word"; done ;;
        'volume ls'*)
            recall volumes
            tell "$kept"
            ;;
        'volume inspect'*)
            recall volumes
            [[ $'\n'$kept$'\n' == *$'\n'$3$'\n'* ]]
            ;;
        'volume rm'*) without volumes "$3" ;;
    esac
}

words=$(printf '%s\t' "$@")
printf '%s\n' "${words%$'\t'}" >>"$FAKE_DOCKER/calls"
scenario dies_at ''
if [ -n "$said" ] && [[ $* == *"$said"* ]]; then kill -9 0; fi # the power fails: all that works, at once
scenario hangs_at ''
if [ -n "$said" ] && [[ $* == *"$said" ]]; then exec sleep 60; fi # one process, as Compose is
scenario fails_once_at ''
if [ -n "$said" ] && [[ $* == *"$said"* ]]; then
    : >"$FAKE_DOCKER/scenario/fails_once_at"
    exit 17
fi
scenario fails_at ''
if [ -n "$said" ] && [[ $* == *"$said"* ]]; then
    echo "${said##* }: no, says the test" >&2
    exit 17
fi
if [ "$1" = compose ]; then compose "${@:2}"; else engine "$@"; fi
