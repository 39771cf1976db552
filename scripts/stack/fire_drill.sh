# shellcheck shell=bash
# What scripts/fire-drill.sh does: asks, breaks, waits, puts back, and tells. What is broken stands in files of a
# folder from before it breaks until it is whole again, so that a later call can put it back.

drill_notes=.fire-drill
reports=models/drills
listings=fire-drill.annonces
looking=car_price_monitoring
unwatched='monitoring is off'
asked_each_minute=300
heal_limit=${CARPRICE_HEAL_LIMIT:-300}

drill() {
    local fault worst
    ensure_drillable
    trap 'exit 130' TERM
    trap give_up EXIT
    prepare_drill
    start_asker
    for fault in ${faults:?}; do run_fault "$fault"; done
    end_drill
    trap - EXIT
    tell_report
    rm -rf "$drill_notes"
    if [ "$worst" = F ]; then stop_with "Grade F: the stack did not come through all of it."; fi
    confirm_done "Grade $worst."
}

give_up() {
    end_drill
    rm -rf "$drill_notes"
}

ensure_drillable() {
    local verdict service told unwell='' limit
    if [ -f "$drill_notes/fault" ] || [ -f "$drill_notes/hushed" ]; then end_drill; fi
    while read -r verdict service told; do
        if [ "$verdict" != ready ]; then unwell="$unwell $service ($told)"; fi
    done <<<"$(judge_all)"
    [ -z "$unwell" ] || stop_with "A drill begins with a stack that is well, and this is not:$unwell. ./docker-start-full.sh"
    [ "$(count_runs)" = 0 ] || stop_with "A run of the pipeline is under way: run this again when it has ended."
    limit=$(setting CARPRICE_API_REQUESTS_PER_MINUTE)
    if ((${limit:-$asked_each_minute} < asked_each_minute)); then
        stop_with "CARPRICE_API_REQUESTS_PER_MINUTE=$limit would refuse the drill, which asks $asked_each_minute times a minute."
    fi
}

judge_all() { judge_services "$(compose config --services)"; }

are_ready() {
    local verdicts
    verdicts=$(judge_all)
    ! grep -qv '^ready ' <<<"$verdicts"
}

count_runs() { ask_database airflow "SELECT count(*) FROM dag_run WHERE state IN ('queued', 'running')"; }

prepare_drill() {
    local standing
    announce "Preparing: what is in production, and listings that nobody learns a good model from"
    mkdir -p "$drill_notes"
    rm -f "$drill_notes/results"
    write_note began "$(date -u +%Y%m%dT%H%M%SZ)"
    standing=$(ask_registry standing)
    production=${standing%% *}
    [ "$standing" = "$production $production 0" ] && [ "$production" != none ] ||
        stop_with "A drill begins with one version in production, and the registry says (by the ledger, by the alias," \
            "half done): $standing"
    write_note production "$production"
    hush_monitoring
    case " $faults " in *' backup '*) prepare_backup ;; esac # not while it is counted what people lose
    ask_registry listings >"data/raw/$listings"
}

# What looks at the file of each run would tell people how badly estimates fit to the drill's.
hush_monitoring() {
    if [ "$(ask_database airflow "SELECT is_paused FROM dag WHERE dag_id = '$looking'")" != f ]; then return; fi
    write_note hushed "$looking"
    switch_looking pause
}

switch_looking() { compose exec -T airflow-scheduler airflow dags "$1" --yes "$looking" >/dev/null 2>&1 </dev/null; }

write_note() { printf '%s\n' "$2" >"$drill_notes/$1.new" && mv -f "$drill_notes/$1.new" "$drill_notes/$1"; }

# In the page's container, where what trains and promotes is installed.
ask_registry() { compose exec -T streamlit python -c "$(<scripts/stack/drill_registry.py)" "$@" </dev/null; }

# Asks through the doors that people use; where these ask who is there, or have a certificate, at the servers.
start_asker() {
    local at=doors
    if has_domain || [ -n "$(setting CARPRICE_SIGN_IN)" ]; then at=''; fi
    compose run --detach --rm --no-deps --name "$(asker)" --volume "$PWD/scripts/stack:/opt/drill:ro" streamlit \
        python /opt/drill/drill_asker.py "${at:-api}:8000" "${at:-streamlit}:8501" >/dev/null </dev/null
    await 60 is_answered || stop_with "No estimate came before anything was broken: $(docker logs "$(asker)" 2>&1 | tail -n 3)"
}

asker() { printf '%s-fire-drill' "$COMPOSE_PROJECT_NAME"; }
list_asked() { docker logs "$(asker)" 2>/dev/null; }
is_answered() { [ "$(list_asked | tail -n 10 | grep -c '^ok ')" = 10 ]; }

# By this version alone, of late.
is_answered_by() { is_answered && [ "$(list_versions <<<"$(list_asked | tail -n 10)")" = "$1" ]; }
list_versions() { sed -n 's/^ok api //p' | sort -u | tr '\n' ' ' | sed 's/ $//'; }

# await SECONDS COMMAND…: false where it did not come true in time.
await() {
    local until=$(($(date +%s) + $1))
    shift
    until "$@"; do
        if (($(date +%s) >= until)); then return 1; fi
        sleep 1
    done
}

# A fault says in `healed` how it ended, and in `seconds` after how many; in `run` what became of the pipeline's run.
run_fault() {
    local fault=$1 began asked_before
    announce "$fault: $(tell_fault "$fault")"
    healed=no seconds=- run=- run_seconds=- began=$(date +%s) asked_before=$(list_asked | grep -c .)
    write_note fault "$fault"
    "fault_$fault"
    put_back "$fault"
    rm -f "$drill_notes/fault"
    sleep 5 # the patience of the asker: what was asked meanwhile has its end
    judge_fault "$fault" "$(($(date +%s) - began))" "$(list_asked | tail -n "+$((asked_before + 1))")"
}

# $1: the fault; $2: how long it all took; $3: the asker's lines.
judge_fault() {
    local fault=$1 asked lost one=false versions
    asked=$(grep -c . <<<"$3") lost=$(grep -c '^lost' <<<"$3") || true
    versions=$(tail -n 20 <<<"$3" | list_versions)
    if [ "$(ask_registry standing) $versions" = "$production $production 0 $production" ]; then one=true; fi
    alerts=$(list_alerts "$2")
    grade=$(grade_fault "$lost" "$one")
    printf '%s\t' "$fault" "$healed" "$seconds" "$asked" "$lost" "$run" "$run_seconds" "$one" "${alerts:-none}" >>"$drill_notes/results"
    printf '%s\n' "$grade" >>"$drill_notes/results"
    show_row "$(tail -n 1 "$drill_notes/results")"
    grep '^lost' <<<"$3" | sort | uniq -c | sort -rn | head -n 3 | sed 's/^/    /' || true
}

# A: nobody notices. One grade down for lost requests, one for a hand that is needed. F: it is not as before.
grade_fault() {
    local grade=0 letters=ABC
    if [ "$healed" = no ] || [ "$2" = false ]; then echo F && return; fi
    if (($1 > 0)); then grade=$((grade + 1)); fi
    if [ "$healed" = 'by a command' ]; then grade=$((grade + 1)); fi
    echo "${letters:grade:1}"
}

# Names of the alerts that fired in the last seconds; a word where nobody watches.
list_alerts() {
    local told
    told=$(list_states)
    if ! grep -q '^prometheus running ' <<<"$told"; then echo "$unwatched" && return; fi
    told=$(compose exec -T prometheus promtool query instant http://127.0.0.1:9090 \
        "count by (alertname) (count_over_time(ALERTS{alertstate=\"firing\",severity!=\"none\"}[$1s]))" </dev/null)
    sed -n 's/.*alertname="\([^"]*\)".*/\1/p' <<<"$told" | sort | tr '\n' ' ' | sed 's/ $//'
}

# Also after an interruption, and of an earlier drill; what cannot be put back is left noted.
end_drill() {
    trap '' TERM
    docker rm --force "$(asker)" >/dev/null 2>&1 || true
    if [ -f "$drill_notes/fault" ]; then
        announce "Putting back: $(<"$drill_notes/fault"). This may take some minutes."
        put_back "$(<"$drill_notes/fault")"
        await "$heal_limit" are_ready || stop_with "Not everything came up again: ./docker-start-full.sh, then run this again."
        rm -f "$drill_notes/fault"
    fi
    await "$heal_limit" runs_have_ended || stop_with "The run of the drill has not ended; run this again."
    ask_registry clean || stop_with "What the drill has made in MLflow was not deleted: see the lines above. Run this again."
    rm -f "data/raw/$listings"
    if [ -f "$drill_notes/hushed" ]; then
        switch_looking unpause || stop_with "The DAG $looking is still paused: run this again."
        rm -f "$drill_notes/hushed"
    fi
}

runs_have_ended() { [ "$(count_runs)" = 0 ]; }

# Of words that stand in a line of the results, or at the head of the table.
show_row() {
    local fault healed seconds asked lost run run_seconds one alerts grade
    IFS=$'\t' read -r fault healed seconds asked lost run run_seconds one alerts grade <<<"$1"
    printf '%-10s  %-12s %5s %6s %5s  %-20s %5s  %-5s  %s  %s\n' \
        "$fault" "$healed" "$seconds" "$asked" "$lost" "$run" "$run_seconds" "$one" "$grade" "$alerts"
}

tell_report() {
    local row file
    worst=$(cut -f 10 "$drill_notes/results" | sort | tail -n 1)
    file=$reports/fire-drill-$(<"$drill_notes/began").json
    write_report "$file" "$worst"
    announce "Fire drill of $(<"$drill_notes/began"), version $production in production"
    announce "$(show_row $'fault\thealed\ts\tasked\tlost\trun\ts\tone\talerts\t ')"
    while IFS= read -r row; do show_row "$row"; done <"$drill_notes/results"
    say "Report: $file"
}

write_report() {
    mkdir -p "$reports"
    open_partial "$1"
    cat >"${partial:?}" <<JSON
{
  "began": "$(<"$drill_notes/began")",
  "ended": "$(date -u +%Y%m%dT%H%M%SZ)",
  "production": $production,
  "asked_per_second": 5,
  "patience_seconds": 5,
  "grade": "$2",
  "faults": [$(list_results)
  ]
}
JSON
    chmod 644 "$partial"
    close_partial "$1"
    give_to_caller "$reports"
}

# An object for each line of the results. No alert is told as such where nobody watches: that is null.
list_results() {
    local fault healed seconds asked lost run run_seconds one alerts grade between='' next='", "'
    while IFS=$'\t' read -r fault healed seconds asked lost run run_seconds one alerts grade; do
        case $alerts in "$unwatched") alerts=null ;; none) alerts='[]' ;; *) alerts="[\"${alerts// /$next}\"]" ;; esac
        printf '%s\n    {"fault": "%s", "what": "%s", "healed": "%s", "seconds": %s, "asked": %s, "lost": %s, ' \
            "$between" "$fault" "$(tell_fault "$fault")" "$healed" "${seconds/-/null}" "$asked" "$lost"
        if [ "$run" = - ]; then run=null; else run="\"$run\""; fi
        printf '"run": %s, "run_seconds": %s, "one_production": %s, "alerts": %s, "grade": "%s"}' \
            "$run" "${run_seconds/-/null}" "$one" "$alerts" "$grade"
        between=,
    done <"$drill_notes/results"
}
