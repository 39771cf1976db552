# shellcheck shell=bash
# Each secret of .env in a file of its own, which Compose mounts into the services that need it. Where it is
# missing, Compose tells its whole path, and so what to run.

secrets_folder=.secrets/made-by-docker-start-full.sh

# Names of .env, as the compose file mounts them.
list_mounted_secrets() {
    sed -n "s|^ .*file: \./$secrets_folder/\([a-z_]*\).*|\1|p" docker-compose-full.yml |
        tr '[:lower:]' '[:upper:]'
}

# Only the outer folder is closed: some containers run as another user, and reach their files all the same.
write_secrets() {
    local name
    if ! { (umask 077 && mkdir -p .secrets) && chmod 700 .secrets && mkdir -p "$secrets_folder"; } ||
        ! [ -w "$secrets_folder" ]; then
        stop_with ".secrets cannot be written by you. Run: sudo chown -R $(id -u) .secrets"
    fi
    for name in $(list_mounted_secrets); do write_secret "$name"; done
    give_to_caller .secrets
}

# Whole or not at all. One that is as it should be stays: containers would not see that it was replaced.
write_secret() {
    local file value
    file=$secrets_folder/$(tr '[:upper:]' '[:lower:]' <<<"$1")
    value=$(setting "$1")
    if [ -f "$file" ] && [ "$(<"$file")" = "$value" ]; then return; fi
    open_partial "$file"
    printf '%s' "$value" >"${partial:?}"
    chmod 444 "$partial"
    close_partial "$file"
}
