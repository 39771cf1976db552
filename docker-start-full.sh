#!/usr/bin/env bash
# Brings the whole stack up: checks, .env, folders, images, services, first model.
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")"
. scripts/stack/all.sh

usage() {
    cat <<'TEXT'
Usage: ./docker-start-full.sh [--production]

Checks this machine, makes .env with secrets of its own at first use, stops an earlier instance,
builds the images, starts all services, waits until they are healthy, and trains a first model
when the registry has none in production. Starting again is harmless; all data stays.

  --production  refuse development passwords, now and at later starts (PRODUCTION=true in .env)
  -h, --help    show this

Ports, passwords and all else that can be set stand in .env, each with a comment.
Ends with 0 when all is up, 1 when something failed, 2 on wrong use, 3 when all is up but the
gate refused the first model.
TEXT
}

train_first_model() {
    announce "First model"
    compose exec -T airflow-webserver \
        python /opt/carprice/scripts/run_pipeline.py --only-if-no-production
}

stop_with_advice() {
    stop_with "$1 Its containers were left for a look: docker compose ps, docker compose logs." \
        "After a change run ./docker-start-full.sh again; ./docker-stop-full.sh stops everything."
}

start_stack() {
    local trained=0
    choose_stack
    ensure_upgraded
    ensure_restored
    # Whatever .env and the environment say: Compose reads it too, and leaves the door to Postgres shut.
    if [ "$production" = true ]; then export PRODUCTION=true; fi
    announce "Checking this machine"
    check_machine
    ensure_env_of_databases
    ensure_environment
    if is_true PRODUCTION; then generate_passwords; fi
    check_environment "$production"
    if [ "$production" = true ]; then remember_production; fi
    write_secrets
    prepare_folders
    prepare_certificate
    stop_earlier_instance
    announce "Building the images"
    compose build || stop_with "The images could not be built: see the lines above. Nothing runs."
    announce "Starting the databases"
    start_databases postgres redis || stop_with_advice "The databases did not start."
    take_passwords || stop_with_advice "Postgres did not take the passwords of .env."
    ensure_own_databases
    announce "Starting the services"
    start_services || stop_with_advice "The stack is not up."
    train_first_model || trained=$?
    show_summary
    tell_first_model "$trained"
}

production=false
for option in "$@"; do
    case $option in
        --production) production=true ;;
        -h | --help) usage && exit 0 ;;
        *) refuse_option "$option" ;;
    esac
done
end_together 'Interrupted. What runs goes on: ./docker-stop-full.sh stops it.' start_stack
