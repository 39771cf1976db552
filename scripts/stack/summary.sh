# shellcheck shell=bash
# What stands after a start, where it is and what to do next.

show_summary() {
    local host
    host=$(setting BIND_ADDRESS)
    case $host in '' | 0.0.0.0 | 127.0.0.1 | ::) host=localhost ;; esac
    announce "State"
    show_states
    announce "Addresses"
    if has_domain; then
        tell_addresses "$(tell_domain)" "$(tell_domain)/api" "$(tell_domain)/airflow" "$(tell_domain)/mlflow"
        tell_boards "$(tell_domain)/grafana/"
        tell_certificate
    else
        tell_addresses "http://$host:$(setting STREAMLIT_PORT)" "http://$host:$(setting API_PORT)" \
            "http://$host:$(setting AIRFLOW_PORT)" "http://$host:$(setting MLFLOW_PORT)"
        tell_boards "http://$host:$(setting GRAFANA_PORT)"
        if is_false PRODUCTION; then say "  Postgres   localhost:$(setting POSTGRES_PORT)   user: airflow"; fi
    fi
    tell_sign_in
    announce "Next steps"
    say "  docker compose ps                                                    what runs"
    say "  docker compose logs --tail=100 airflow-webserver                     what a service says"
    say "  docker compose exec streamlit python scripts/train_with_mlflow.py    train a version"
    say "  ./docker-stop-full.sh                                                stop; all data stays"
}

tell_addresses() {
    say "  Predictor  $1"
    say "  API        $2/docs"
    say "  Airflow    $3   login: $(tell_login)"
    say "  MLflow     $4"
}

tell_boards() {
    if is_true CARPRICE_MONITORING; then say "  Grafana    $1   login: admin, password as in .env"; fi
}

# A password of one's own is not repeated.
tell_login() {
    local password='password as in .env'
    if [ "$(setting AIRFLOW_ADMIN_PASSWORD)" = admin ]; then password='password: admin'; fi
    printf '%s, %s' "$(setting AIRFLOW_ADMIN_USER)" "$password"
}

# $1: how scripts/run_pipeline.py ended.
tell_first_model() {
    case $1 in
        0) confirm_done "All is up." ;;
        3)
            warn "All is up, but the gate refused the first model: the predictor has none to answer with."
            warn "Its reasons stand in the report of the run, on the Airflow page."
            ;;
        *)
            complain "The services are up, but the first run of the pipeline failed. Its log:"
            complain "  the Airflow page, DAG car_price_predictor_pipeline, or the folder airflow/logs/"
            complain "  docker compose logs --tail=100 airflow-worker airflow-scheduler"
            return 1
            ;;
    esac
    return "$1"
}
