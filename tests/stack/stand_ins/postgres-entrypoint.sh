#!/usr/bin/env bash
# Like the entrypoint of the official postgres image, as far as a stack asks for it: an empty PGDATA is
# initialised as the POSTGRES_* variables say, then the server starts as a user that is not root.
set -Eeuo pipefail

become_postgres() {
    mkdir -p "$PGDATA"
    chown -R postgres: "$PGDATA" /var/run/postgresql
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
}

create_cluster() {
    local arguments
    read -ra arguments <<<"${POSTGRES_INITDB_ARGS:-}"
    initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") "${arguments[@]}"
    # initdb trusts the socket and 127.0.0.1; everyone else has to know the password.
    printf '\nhost all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
}

run_sql() {
    psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" "$@"
}

run_first_start_files() {
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        echo "$0: $file"
        # An executable script runs by itself, any other in this shell, as in the official image.
        # shellcheck source=/dev/null
        case "$file" in
            *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
            *.sql) run_sql --file "$file" ;;
        esac
    done
}

initialise() {
    if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then POSTGRES_PASSWORD=$(<"$POSTGRES_PASSWORD_FILE"); fi
    : "${POSTGRES_PASSWORD:?is needed for a first start}"
    export POSTGRES_USER="${POSTGRES_USER:-postgres}"
    export POSTGRES_DB="${POSTGRES_DB:-$POSTGRES_USER}"
    create_cluster
    # No one may connect from outside to a half-initialised server: socket only.
    set -- "${@:2}" -c listen_addresses=
    pg_ctl --wait --silent --options="$(printf '%q ' "$@")" start
    [ "$POSTGRES_DB" = postgres ] \
        || run_sql --dbname postgres --set db="$POSTGRES_DB" <<<'CREATE DATABASE :"db";'
    run_first_start_files
    pg_ctl --wait --silent --mode=fast stop
}

[ "${1:0:1}" != - ] || set -- postgres "$@"
if [ "$1" = postgres ]; then
    [ "$(id -u)" != 0 ] || become_postgres "$@"
    [ -s "$PGDATA/PG_VERSION" ] || initialise "$@"
fi
exec "$@"
