#!/usr/bin/env bash
# Makes sure that a Docker engine with Compose and Buildx answers. Where one does, nothing happens. On a
# Debian machine without one, as in CI, Debian's packages are installed and an engine is started that
# outlives this script; stop it with: kill $(cat /var/run/docker.pid)
set -euo pipefail

LOG=${TMPDIR:-/tmp}/carprice-engine.log
readonly LOG

engine_answers() { docker info >/dev/null 2>&1; }

# Root is asked without its home: its tests start the stack as an ordinary user.
plugins_answer() {
    local home=$HOME
    if [ "$(id -u)" = 0 ]; then home=/nonexistent; fi
    HOME=$home docker compose version >/dev/null 2>&1 && HOME=$home docker buildx version >/dev/null 2>&1
}

require_debian_and_root() {
    grep -qs '^ID=debian$' /etc/os-release && [ "$(id -u)" = 0 ] && return
    echo "No Docker engine with Compose and Buildx answers here. Install and start Docker Desktop, or" >&2
    echo "Docker Engine with its docker-compose-plugin and docker-buildx-plugin, then run this again:" >&2
    echo "https://docs.docker.com/engine/install/ (on Debian, root gets an engine without asking)" >&2
    exit 1
}

install_engine() {
    command -v dockerd >/dev/null && command -v iptables >/dev/null && return
    echo "Installing Debian's docker.io …"
    apt-get update -qq
    # Since trixie the client is a package of its own.
    # shellcheck disable=SC2046
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        docker.io iptables $(apt-cache pkgnames docker-cli) >"$LOG" 2>&1 || { tail "$LOG" >&2; exit 1; }
}

start_engine() {
    echo "Starting a Docker engine (log: $LOG) …"
    # A session of its own: closing this terminal, or the end of a CI step, leaves the engine alone.
    setsid nohup dockerd >"$LOG" 2>&1 </dev/null &
    for _ in {1..60}; do
        engine_answers && return
        sleep 1
    done
    echo "The Docker engine did not answer within a minute:" >&2
    tail "$LOG" >&2
    exit 1
}

# Debian before trixie has no Compose 2, and docker.io does not bring the plugins along. Single files
# that need nothing else are taken out of the packages; the machine's own list of sources stays as it is.
fetch_plugins() {
    echo "Fetching the Compose and Buildx plugins of Debian …"
    local work plugins=/usr/local/lib/docker/cli-plugins # for every user of the machine
    work=$(mktemp -d)
    mkdir -p "$work"/{lists,cache}/partial "$plugins"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
        "http://deb.debian.org/debian trixie main" >"$work/sources.list"
    local apt=(apt-get -qq -o APT::Sandbox::User=root -o Dir::Cache="$work/cache"
        -o Dir::State::lists="$work/lists" -o Dir::Etc::sourcelist="$work/sources.list"
        -o Dir::Etc::sourceparts=/dev/null)
    "${apt[@]}" update
    (cd "$work" && "${apt[@]}" download docker-compose docker-buildx)
    for package in "$work"/*.deb; do
        dpkg -x "$package" "$work/files"
    done
    cp "$work"/files/usr/libexec/docker/cli-plugins/* "$plugins"
    rm -r "$work"
}

engine_answers && plugins_answer && exit
require_debian_and_root
engine_answers || { install_engine && start_engine; }
plugins_answer || fetch_plugins
plugins_answer
echo "Docker $(docker version --format '{{.Server.Version}}') with $(docker compose version)"
