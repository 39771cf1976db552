#!/usr/bin/env bash
# Makes sure that the base images named in .env.example are here. One that is missing is pulled; where no
# registry answers, a stand-in of the same name is built from Debian's packages. Stand-ins, and what is
# built on them, carry the label carprice.stand-in; to have the real ones instead:
#   docker image rm $(docker image ls --quiet --filter label=carprice.stand-in)
set -euo pipefail
cd "$(dirname "$0")"

BASE=debian:trixie-slim
WORK=$(mktemp -d)
readonly BASE WORK
trap 'rm -rf "$WORK"' EXIT

is_present() { docker image inspect "$1" >/dev/null 2>&1; }

say() { printf '  %-30s %s\n' "$@"; }

# False where no registry answers, which the engine notices within seconds. One that answers and refuses
# ends the script: a stand-in would hide a misspelt name or a limit on pulls.
pull() {
    local answer
    answer=$(docker pull --quiet "$1" 2>&1) && return
    case $answer in
        *"manifest unknown"* | *": not found"* | *"pull access denied"* | *toomanyrequests*)
            echo "$answer" >&2
            exit 1
            ;;
    esac
    return 1
}

require_debootstrap() {
    command -v debootstrap >/dev/null && return
    if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
        echo "No image registry answers, and stand-ins can be built only by root on Debian." >&2
        exit 1
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends debootstrap \
        >"$WORK/apt.log" 2>&1 || { tail "$WORK/apt.log" >&2; exit 1; }
}

# Debian set up as its official image is: no manuals, no service started and nothing synced to disk when
# a package is installed.
import_base() {
    require_debootstrap
    local root=$WORK/root
    debootstrap --variant=minbase trixie "$root" http://deb.debian.org/debian >"$WORK/base.log" 2>&1 \
        || { tail "$WORK/base.log" >&2; return 1; }
    printf '#!/bin/sh\nexit 101\n' | install -m 755 /dev/stdin "$root/usr/sbin/policy-rc.d"
    printf '%s\n' force-unsafe-io "path-exclude /usr/share/"{doc,info,locale,man}"/*" \
        >"$root/etc/dpkg/dpkg.cfg.d/docker"
    rm -rf "$root"/usr/share/{doc,info,locale,man}/* "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
    tar -C "$root" -c . | docker import --change 'CMD ["bash"]' --change 'LABEL carprice.stand-in=true' \
        - "$BASE" >/dev/null
    rm -rf "$root"
}

# Those that watch share a file, in which each is a target.
build() {
    local image=$1 kind=$2 file=$WORK/context/$2.Dockerfile target=()
    if [ ! -f "$file" ]; then file=$WORK/context/monitoring.Dockerfile target=(--target "$kind"); fi
    docker build --label carprice.stand-in=true --tag "$image" --file "$file" ${target[@]+"${target[@]}"} \
        "$WORK/context" >"$WORK/$kind.log" 2>&1 || { tail -n 30 "$WORK/$kind.log" >&2; return 1; }
    say "$image" "stand-in built after ${SECONDS} s"
}

missing=()
for kind in python postgres redis nginx prometheus alertmanager grafana \
    {statsd,postgres,redis,nginx,node,blackbox}_exporter; do
    image=$(sed -n "s/^$(echo "$kind" | tr '[:lower:]' '[:upper:]')_IMAGE=//p" ../../.env.example)
    if is_present "$image"; then
        say "$image" present
    elif pull "$image"; then
        say "$image" pulled
    else
        missing+=("$image $kind")
    fi
done
[ ${#missing[@]} -gt 0 ] || exit 0

if ! is_present "$BASE"; then
    import_base
    say "$BASE" "stand-in built after ${SECONDS} s"
fi
cp -R stand_ins "$WORK/context"
cp "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" "$WORK/context/host-ca.crt"
running=()
for names in "${missing[@]}"; do
    # shellcheck disable=SC2086  # two words
    build $names &
    running+=($!)
done
for pid in "${running[@]}"; do
    wait "$pid"
done
