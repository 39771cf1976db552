#!/bin/sh
# The entrypoint of images with clients of Postgres: they read a password from a file that nobody but its
# owner may read, which what Compose mounts in /run/secrets is not.
set -eu
umask 077
for role in airflow mlflow; do
    secret=/run/secrets/${role}_db_password
    if [ -r "$secret" ]; then
        printf '*:*:*:%s:%s\n' "$role" "$(sed 's/[\\:]/\\&/g' "$secret")"
    fi
done >"$PGPASSFILE"
exec "$@"
