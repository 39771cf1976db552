# shellcheck shell=bash
# What a fire drill breaks: for each fault what happens, and how it is put back, where it does not heal by itself.
# What is in production, where notes lie, and what came of a fault is shared with scripts/stack/fire_drill.sh.
# shellcheck disable=SC2034,SC2154

all_faults='worker scheduler postgres redis mlflow network disk poison challenger backup files'
cut_seconds=20
backup_word=models/serving/backup.json

tell_fault() {
    case $1 in
        worker | scheduler | postgres | redis | mlflow) echo "killed while a run of the pipeline is training" ;;
        network) echo "the worker is cut off for $cut_seconds s while a run is training" ;;
        disk) echo "the worker's scratch disk is full while a run is training" ;;
        poison) echo "a model that would call a program is put into production by hand" ;;
        challenger) echo "a worse model is offered" ;;
        backup) echo "a backup is damaged, and somebody wants to restore it" ;;
        files) echo "the files of the version in production are removed" ;;
    esac
}

fault_worker() { kill_in_run airflow-worker; }
fault_scheduler() { kill_in_run airflow-scheduler; }
fault_postgres() { kill_in_run postgres; }
fault_redis() { kill_in_run redis; }
fault_mlflow() { kill_in_run mlflow; }

fault_network() {
    start_run || return 0
    begin_clock
    cut_worker
    sleep "$cut_seconds"
    join_worker
    await_healed
    await_run
    expect_run refused
}

# With room again the next run goes through.
fault_disk() {
    local in_want
    start_run || return 0
    begin_clock
    fill_scratch
    await_run
    in_want=$run
    free_scratch
    start_run || return 0
    await_healed
    await_run
    expect_run refused
    run="$in_want, then $run"
}

fault_challenger() {
    begin_clock
    start_run || return 0
    await_run
    stop_clock
    healed=refused
    expect_run refused
}

# The servers look at the registry every five seconds.
fault_poison() {
    local number
    begin_clock
    number=$(ask_registry poison | tail -n 1)
    await 60 is_told 'alias_[a-z]*' || return 0
    stop_clock
    compose exec -T streamlit carprice validate "$number" </dev/null >"$drill_notes/validation" 2>&1 || true # as it must
    sleep 10
    if grep -q 'not trusted' "$drill_notes/validation" && [ "$(list_asked | grep -cx "ok api $number")" = 0 ]; then
        healed=refused
    fi
}

# The API's processes are replaced, one after the other, by such as have never seen the model.
fault_files() {
    local place
    place=$(ask_registry place)
    write_note place "$place"
    begin_clock
    move_files "$place" "$place.fire-drill"
    compose exec -T api sh -c 'kill -HUP 1' </dev/null
    await 90 is_told files_changed || return 0
    compose exec -T streamlit carprice rollback --to "$production" </dev/null >"$drill_notes/rollback" 2>&1 || return 0
    await 90 is_told null || return 0
    stop_clock
    healed='by a command'
}

# A backup of the drill's own, in a place of its own. What tells of backups is not to tell of this one.
fault_backup() {
    local pack
    prepare_folder_beside "$drill_notes/backups"
    if [ -f "$backup_word" ]; then cp -p "$backup_word" "$drill_notes/word"; fi
    back_up_aside take fire-drill || return 0
    # The largest file is none of those that restic keeps a copy of.
    pack=$(find "$drill_notes/backups/data" -type f -exec ls -S {} + | head -n 1)
    chmod u+w "$pack"
    printf 'damaged' | dd of="$pack" bs=1 seek=1000 conv=notrunc 2>/dev/null
    begin_clock
    if ! back_up_aside examine latest && grep -q 'is damaged' "$drill_notes/backup"; then healed=refused; fi
    stop_clock
}

back_up_aside() {
    compose --profile backup run --rm --no-deps -T --env CARPRICE_BACKUP_TO=/drill \
        --volume "$PWD/$drill_notes/backups:/drill" backup python /opt/backup/backup.py "$@" \
        >"$drill_notes/backup" 2>&1 </dev/null
}

forget_backup() {
    if [ -d "$drill_notes/backups" ]; then rm -f "$backup_word"; fi
    if [ -f "$drill_notes/word" ]; then mv -f "$drill_notes/word" "$backup_word"; fi
    rm -rf "$drill_notes/backups"
}

# Again after an interruption, and harmless where nothing is broken. Each way back says itself where it failed, as bash
# goes on after an error where one is looked for.
put_back() {
    case $1 in
        worker | scheduler) compose start "airflow-$1" ;;
        postgres | redis | mlflow) compose start "$1" ;;
        network) join_worker ;;
        disk) free_scratch ;;
        poison) ask_registry alias "$(<"$drill_notes/production")" ;;
        files) put_files_back ;;
        backup) forget_backup ;;
    esac >"$drill_notes/put-back" 2>&1 || stop_with "Not put back: $1. $(<"$drill_notes/put-back")"
}

begin_clock() { clock=$(date +%s); }
stop_clock() { seconds=$(($(date +%s) - clock)); }

# A run that the gate refuses in the end, so that nothing is promoted; it is training when this returns.
start_run() {
    compose exec -T airflow-webserver python scripts/run_pipeline.py --data "$listings" --timeout 900 \
        >"$drill_notes/run" 2>&1 </dev/null &
    runner=$!
    if await 180 grep -q 'train_model .*running' "$drill_notes/run"; then return; fi
    run='not begun'
    warn "No run of the pipeline began to train: $(tail -n 3 "$drill_notes/run")"
    return 1
}

await_run() {
    local code=0
    wait "$runner" || code=$?
    case $code in 0) run=promoted ;; 3) run=refused ;; *) run=failed ;; esac
    run_seconds=$(($(date +%s) - clock))
}

expect_run() { if [ "$run" != "$1" ]; then healed=no; fi; }

await_healed() {
    if await "$heal_limit" is_whole; then healed='by itself'; fi
    stop_clock
}

is_whole() { are_ready && is_answered; }

# $1: what the API says of production, as a pattern.
is_told() {
    local told
    told=$(compose exec -T doors curl -sS http://api:8000/healthz </dev/null)
    grep -Eq "\"trouble_code\":\"?$1\"?[,}]" <<<"$told"
}

kill_in_run() {
    start_run || return 0
    begin_clock
    kill_service "$1"
    await_healed
    await_run
    expect_run refused
}

# As the kernel kills what takes too much memory: `docker kill` would count as a stop by hand, after which a
# container stays down.
kill_service() {
    local id process restarts
    for id in $(find_containers "$1"); do
        read -r process restarts <<<"$(docker inspect --format '{{.State.Pid}} {{.RestartCount}}' "$id")"
        at_engine "$id" "kill -9 $process"
        await 60 has_restarted "$id" "$restarts" || true # then it is not healed
    done
}

find_containers() { compose ps --quiet "$1"; }
has_restarted() { (($(docker inspect --format '{{.RestartCount}}' "$1") > $2)); }

# The engine's processes may live in a machine of their own. $1: a container, whose image is taken; $2: what is done;
# then what the container needs.
at_engine() {
    docker run --rm --pid=host --network=none --user=0 --entrypoint=sh "${@:3}" \
        "$(docker inspect --format '{{.Image}}' "$1")" -c "$2"
}

backend() { printf '%s_backend' "$COMPOSE_PROJECT_NAME"; }

cut_worker() {
    local id
    for id in $(find_containers airflow-worker); do docker network disconnect "$(backend)" "$id"; done
}

join_worker() {
    local id
    for id in $(find_containers airflow-worker); do
        if docker inspect --format '{{json .NetworkSettings.Networks}}' "$id" | grep -q "\"$(backend)\""; then continue; fi
        docker network connect --alias airflow-worker --alias "${id:0:12}" "$(backend)" "$id" || return
    done
}

# No byte of the engine's own disk is taken: the disk in memory that the worker writes to becomes as small as what is
# on it, and then as large as ever.
fill_scratch() { size_scratch "\$((\$(df -k --output=used /tmp 2>/dev/null | tail -n 1)))k"; }
free_scratch() { size_scratch 50%; }
size_scratch() {
    local id process
    for id in $(find_containers airflow-worker); do
        process=$(docker inspect --format '{{.State.Pid}}' "$id")
        at_engine "$id" "nsenter --target $process --mount -- sh -c 'mount -o remount,size=$1 /tmp'" --cap-add=SYS_ADMIN \
            --cap-add=SYS_PTRACE --security-opt=seccomp=unconfined --security-opt=apparmor=unconfined || return
    done
}

move_files() { compose exec -T mlflow mv "/mlflow/mlruns/$1" "/mlflow/mlruns/$2" </dev/null; }

put_files_back() {
    local place
    place=$(cat "$drill_notes/place" 2>/dev/null) || return 0
    if compose exec -T mlflow test -e "/mlflow/mlruns/$place.fire-drill" </dev/null; then
        move_files "$place.fire-drill" "$place" || return
    fi
    ask_registry return "$(<"$drill_notes/production")" || return
    await 90 is_answered_by "$(<"$drill_notes/production")" || return
    rm -f "$drill_notes/place"
}
