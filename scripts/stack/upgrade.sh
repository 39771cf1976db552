# shellcheck shell=bash
# What ./docker-upgrade-full.sh does, step by step. What must outlive an interruption stands in files of a folder,
# first of all the part that is at work:
#   preparing   the old stack runs, or stands still, and nothing of it is changed yet
#   switching   databases are migrated, the new services start
#   returning   data of before come back
#   returned    they are back; the old commit is checked out and started
# Each part may be done again.

notes=.upgrading
receipts=models/upgrades

note() { printf '%s\n' "$2" >"$notes/$1.new" && mv -f "$notes/$1.new" "$notes/$1"; }
noted() { cat "$notes/$1" 2>/dev/null || true; }
forget_notes() { rm -f "$notes/phase" && rm -rf "$notes"; }
is_under_way() { [ -f "$notes/phase" ]; }
is_in() { [ "$(noted phase)" = "$1" ]; }

# What is at work, for whoever watches and for the receipt.
begin_step() {
    announce "$1"
    note step "$1"
}

# Leaves in `ended` how a part ended. Not called where something depends on it: there, bash would go on after an error.
attempt() {
    set +e
    (
        set -e
        "$1"
    )
    # shellcheck disable=SC2034 # read by docker-upgrade-full.sh
    ended=$?
    set -e
}

tell_commit() { git log -1 --format='%h (%cs, %s)' "$1"; }

# Leaves in `from` what the stack was started from, and in `to` what is checked out. Git remembers where the clone
# stood at each time, and the engine when the containers were made.
find_commits() {
    local made known='^[0-9a-f]+$'
    to=$(git rev-parse --verify HEAD) ||
        stop_with "Git does not say what is checked out here, and without it there is no way back to an earlier commit."
    [ -n "$(list_containers)" ] ||
        stop_with "Nothing of this stack runs: check out the commit it ran with, start it, check out the new one, and run this again."
    # shellcheck disable=SC2046 # one argument for each id
    made="HEAD@{$(docker inspect --format '{{.Created}}' $(list_containers) | sort | head -n 1)}"
    # With a warning beside it, where its memory does not go back so far.
    from=$(git rev-parse --verify "${from:-$made}^{commit}" 2>&1) || from=''
    [[ $from =~ $known ]] ||
        stop_with "Git does not know what was checked out when the stack was started: name it, with --from COMMIT."
    if [ "$from" = "$to" ]; then
        confirm_done "The stack runs $(tell_commit "$to") already."
        exit 0
    fi
    if git merge-base --is-ancestor "$to" "$from"; then
        stop_with "$(tell_commit "$to") is older than what runs, $(tell_commit "$from"): databases are brought forward" \
            "alone. An earlier state comes back by ./docker-restore-full.sh."
    fi
}

# All problems at once, before anything is touched.
check_upgrade() {
    local problems
    problems=$(
        check_clean
        check_running
        check_room
    )
    [ -z "$problems" ] || {
        complain "Nothing was changed, as this stack cannot be upgraded yet:"
        list_points "$problems" >&2
        exit 1
    }
}

# The way back checks out the old commit.
check_clean() {
    local changed
    changed=$(git status --porcelain --untracked-files=no)
    if [ -n "$changed" ]; then
        say "Changed here and in no commit: $(cut -c 4- <<<"$changed" | tr '\n' ' ')- commit it, or take it back with git restore."
    elif ! changed=$(git read-tree --dry-run -m -u HEAD "$from" 2>&1); then
        say "The way back to $from would be barred: $changed"
    fi
}

check_running() {
    local verdict service told
    while read -r verdict service told; do
        [ "$verdict" = ready ] || say "$service is not well ($told): an upgrade begins with a stack that is."
    done < <(judge_services "$(list_services)")
    for service in postgres mlflow streamlit; do
        list_services | grep -qx "$service" || say "$service does not run, and is asked before and after."
    done
}

# Of the containers there are, which need not be those of the new commit.
list_services() { list_states | cut -d ' ' -f 1 | sort -u; }

# New images, a backup, and databases that are filled beside those that stand.
check_room() {
    local files databases places=() to_save=(mlflow/mlruns models data)
    files=$(du -sk "${to_save[@]}" 2>/dev/null | awk '{ sum += $1 } END { print sum + 0 }')
    databases=$(ask_database postgres 'SELECT (sum(pg_database_size(datname)) / 1024)::bigint FROM pg_database')
    if [ -z "$(setting CARPRICE_BACKUP_TO)" ] && [ -d "$(setting CARPRICE_BACKUP_FOLDER)" ]; then
        places+=("$(setting CARPRICE_BACKUP_FOLDER)")
    fi
    check_disks $((${needed_disk_gb:?} * 1000000 + files + 2 * ${databases:-0})) ${places[@]+"${places[@]}"}
}

list_changes() {
    announce "The stack that runs will be upgraded:"
    say "  - from $(tell_commit "$from")"
    say "  - to   $(tell_commit "$to")"
    say "  - what is new: git diff ${from:0:12} -- CHANGELOG.md"
    say "Page, API, MLflow and Airflow are away for some minutes. If anything fails, all goes on as before."
}

begin_upgrade() {
    forget_notes
    mkdir "$notes"
    printf '*\n' >"$notes/.gitignore" # the old commit does not know this folder
    note from "$from"
    note to "$to"
    note running "$(docker ps --quiet --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
        --filter label=com.docker.compose.oneoff=False)"
    note began "$(date -u +%Y%m%dT%H%M%SZ)"
    note phase preparing
}

ensure_commit_of_upgrade() {
    if is_in returned || [ "$(git rev-parse HEAD)" = "$(noted to)" ]; then return; fi
    stop_with "An upgrade to $(tell_commit "$(noted to)") was ended in the middle, and another commit is checked out:" \
        "git checkout $(noted to), then run this again."
}

prepare_upgrade() {
    start_again
    begin_step "Asking the page for the golden cars"
    ask_page >"$notes/cars" </dev/null || stop_with "The page did not answer: see the lines above."
    begin_step "Keeping the images and .env"
    keep_images
    keep_settings
    begin_step "Checking .env"
    ensure_environment
    check_environment false
    prepare_backup
    prepare_certificate
    begin_step "Building the images"
    compose --profile backup build || stop_with "The images could not be built: see the lines above."
    begin_step "Waiting for the steps under way"
    hold_steps
    begin_step "Backing up"
    stop_writers
    note_heads before
    take_backup upgrade || stop_with "No backup was taken: see the lines above."
    note backup "${taken:?}"
    note phase switching
}

# Through the door that people use; where that asks who they are, or has a certificate, at the page itself. With an
# earlier answer on standard input, it is asked for the same cars.
ask_page() {
    local door=doors:8501
    if has_domain || [ -n "$(setting CARPRICE_SIGN_IN)" ]; then door=localhost:8501; fi
    [ -f "$notes/ask_page.py" ] || cp scripts/stack/ask_page.py "$notes" # the old commit lacks it
    compose exec -T streamlit python -c "$(<"$notes/ask_page.py")" "$door"
}

# By tags of their own, with their names: ID NAME TAG.
keep_images() {
    local id name count=0
    # shellcheck disable=SC2046 # one argument for each id
    docker inspect --format '{{.Image}} {{.Config.Image}}' $(list_containers) | sort -u | while read -r id name; do
        count=$((count + 1))
        docker tag "$id" "$COMPOSE_PROJECT_NAME-before-upgrade:$count" || exit
        printf '%s %s %s\n' "$id" "$name" "$COMPOSE_PROJECT_NAME-before-upgrade:$count"
    done >"$notes/images"
}

give_images_back() {
    local name kept
    while read -r _ name kept; do
        # A name with a digest means that very image for ever.
        [[ $name == *@* ]] || docker tag "$kept" "$name" || stop_with "The old image of $name is gone."
    done <"$notes/images"
}

let_images_go() {
    local kept
    while read -r _ _ kept; do
        docker image rm "$kept" >/dev/null 2>&1 || true # one that is in use stays
    done <"$notes/images"
}

keep_settings() {
    if [ -f "$notes/settings" ]; then return; fi
    cp -p .env "$notes/settings.new"
    mv -f "$notes/settings.new" "$notes/settings"
}

# As they were, with the key of the backup that was taken: without it nobody could read that one.
give_settings_back() {
    local key=''
    if find_assignment CARPRICE_BACKUP_KEY .env; then key=${found_value:?}; fi
    open_partial .env
    cp -p "$notes/settings" "${partial:?}"
    if ! find_assignment CARPRICE_BACKUP_KEY "$partial" && [ -n "$key" ]; then
        printf '\nCARPRICE_BACKUP_KEY=%s\n' "$key" >>"$partial"
    fi
    close_partial .env
}

# All but what a backup asks: what it holds is then all there is.
# shellcheck disable=SC2046 # one argument for each id
stop_writers() { docker stop $(leave_out 'postgres|mlflow' $(noted running)) >/dev/null; }

# What an earlier call may have stopped.
start_again() {
    # shellcheck disable=SC2046 # one argument for each id
    docker start $(noted running) >/dev/null && wait_until_ready '' "$(list_services)"
}

undo_preparation() {
    complain "Not upgraded (at: $(noted step)). The stack of before goes on."
    if [ -f "$notes/images" ]; then give_images_back; fi
    if [ -f "$notes/settings" ]; then give_settings_back; fi
    start_again || stop_with "Not everything came up again: run the same command again."
    if [ -f "$notes/images" ]; then let_images_go; fi
    forget_notes
    exit 1
}

switch_over() {
    begin_step "Stopping the old services"
    down_all
    begin_step "Migrating the databases"
    start_databases postgres redis || stop_with "The databases did not start."
    take_passwords || stop_with "Postgres did not take the passwords of .env."
    migrate
    note_heads after
    begin_step "Starting the new services"
    start_services || stop_with "Not everything came up."
    begin_step "Holding it against the backup"
    in_backup verify "$(noted backup)" || stop_with "Not all is as it was: see above."
    ensure_same_prices
}

note_heads() {
    local heads
    heads=$(in_backup heads) || stop_with "The databases do not tell their revisions: see the lines above."
    note "heads-$1" "$heads"
}

# Each by its own program, as its own role.
migrate() {
    # shellcheck disable=SC2016 # it is for the shell in the container
    compose run --rm --no-deps -T mlflow sh -c 'exec mlflow db upgrade "$MLFLOW_BACKEND_STORE_URI"' </dev/null ||
        stop_with "MLflow's database was not migrated: see the lines above."
    compose run --rm --no-deps -T airflow-init </dev/null ||
        stop_with "Airflow's database was not migrated: see the lines above."
}

ensure_same_prices() {
    local found
    begin_step "Asking the page for the golden cars"
    found=$(ask_page <"$notes/cars") || stop_with "The page did not answer: see the lines above."
    if [ "$found" != "$(noted cars)" ]; then
        stop_with "The page prices the golden cars otherwise than before: $found, and did $(noted cars)"
    fi
    say "the page gives each golden car the price of before"
}

finish_upgrade() {
    local receipt
    receipt=$(write_receipt upgraded)
    let_images_go
    forget_notes
    show_summary
    warn_of_key
    confirm_done "Upgraded to $(tell_commit HEAD). Receipt: $receipt"
}

# With the programs and the images of the new commit, which can read the backup.
return_data() {
    complain "The upgrade failed (at: $(noted failed)): all goes back to $(tell_commit "$(noted from)")."
    # shellcheck disable=SC2034 # read by scripts/stack/restore.sh
    snapshot=$(noted backup)
    begin_restore
    restore_data
    rm -f "${marker:?}"
    announce "Bringing back the images and .env"
    give_images_back
    hide_secrets
    give_settings_back
    down_all # the old services have networks of their own
    note phase returned
}

return_code() {
    local receipt
    announce "Bringing back the old commit, and starting it"
    git checkout --quiet --detach "$(noted from)" || stop_with "Run the same command again."
    start_databases postgres redis || stop_with "The databases did not start: ./docker-start-full.sh"
    take_passwords || stop_with "Postgres did not take the passwords of .env: ./docker-start-full.sh"
    start_services || stop_with "Not everything came up: ./docker-start-full.sh"
    (ensure_same_prices) || warn "Look at it: it is the stack of before, from its own backup."
    receipt=$(write_receipt 'went back')
    let_images_go
    complain "Not upgraded: $(tell_commit HEAD) runs again, with the data of before. Receipt: $receipt"
    complain "Once mended: git checkout $(noted to), or your branch, and the same command again."
    forget_notes
    return 1
}

# From a commit that does not know these folders, and would offer what is in them to `git add`. Asked of .env and its
# template while they still say where backups go.
hide_secrets() {
    local folder
    for folder in .secrets certificates "$(setting CARPRICE_BACKUP_FOLDER)"; do
        if [ -d "$folder" ]; then printf '*\n' >"$folder/.gitignore"; fi
    done
}

# $1: how it ended. Prints where the receipt lies.
write_receipt() {
    local file
    file=$receipts/$(noted began).json
    mkdir -p "$receipts"
    open_partial "$file"
    cat >"$partial" <<JSON
{
  "outcome": "$1",
  "failed_at": "$(noted failed)",
  "from": "$(noted from)",
  "to": "$(noted to)",
  "began": "$(noted began)",
  "ended": "$(date -u +%Y%m%dT%H%M%SZ)",
  "backup": "$(noted backup)",
  "heads_before": $(noted heads-before),
  "heads_after": $(noted heads-after | grep . || echo null),
  "images": {$(list_images)},
  "golden_cars": $(noted cars)
}
JSON
    chmod 644 "$partial"
    close_partial "$file"
    give_to_caller "$receipts"
    echo "$file"
}

# "NAME": ["ID before", "ID now"], …
list_images() {
    local id name between=''
    while read -r id name _; do
        printf '%s\n    "%s": ["%s", "%s"]' "$between" "$name" "$id" "$(docker image inspect --format '{{.Id}}' "$name")"
        between=,
    done <"$notes/images"
}
