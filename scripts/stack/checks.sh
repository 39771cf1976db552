# shellcheck shell=bash
# What must be true before anything is changed. Each check prints a line for each problem it finds.

oldest_compose=2.20
needed_memory_gb=4
comfortable_memory_gb=6
needed_disk_gb=5

# All problems at once: nobody wants to find them one start at a time.
check_machine() {
    local problems
    problems=$(
        check_engine
        check_memory
        check_disk
        check_clone
        check_ports
    )
    [ -n "$problems" ] || return 0
    complain "Nothing was started or changed, as this machine is not ready:"
    list_points "$problems" >&2
    exit 1
}

# Files of one time beside databases of another would look like a stack.
ensure_restored() {
    [ ! -f .restoring ] || stop_with "A restore was ended in the middle: run ./docker-restore-full.sh, which goes on with it."
}

# Nor would code of one commit beside databases of another.
ensure_upgraded() {
    [ ! -f .upgrading/phase ] ||
        stop_with "An upgrade was ended in the middle: run ./docker-upgrade-full.sh, which finishes it or goes back."
}

has() { command -v "$1" >/dev/null 2>&1; }

check_engine() {
    local answer
    if ! has docker; then
        say "Docker was not found. Install it: https://docs.docker.com/get-docker/"
        return
    fi
    check_compose
    answer=$(docker info --format '{{.ServerVersion}}' 2>&1) || true
    # Some clients answer without an engine too, with an empty version.
    if grep -Eq '^[0-9][^ ]*$' <<<"$answer"; then return; fi
    case $answer in
        *"permission denied"*)
            say "You may not use the Docker engine. Run: sudo usermod -aG docker \"\$USER\", log in again" \
                "(or start this script with sudo)." ;;
        *)
            say "The Docker engine is not running. Start Docker Desktop, or on Linux run:" \
                "sudo systemctl start docker" ;;
    esac
}

# For a stop or a reset, which need no memory, no disk and no port.
ensure_own_stack() {
    local problems
    problems=$(
        check_engine
        check_clone
    )
    [ -z "$problems" ] || stop_with "$problems"
}

check_compose() {
    local found numbers='^v?([0-9]+)[.]([0-9]+)' # bash 3.2 cannot read it inside [[ ]]
    found=$(docker compose version --short 2>/dev/null) || found=''
    if [[ $found =~ $numbers ]]; then
        if ((BASH_REMATCH[1] > ${oldest_compose%.*})); then return; fi
        if ((BASH_REMATCH[1] == ${oldest_compose%.*} && BASH_REMATCH[2] >= ${oldest_compose#*.})); then
            return
        fi
    fi
    say "Docker Compose $oldest_compose or newer is needed (found: ${found:-none})." \
        "Update it: https://docs.docker.com/compose/install/"
}

# Engines tell bytes; a machine of 4 GB tells a little less than 4 GiB, so GB are decimal here.
check_memory() {
    local bytes found told
    bytes=$(docker info --format '{{.MemTotal}}' 2>/dev/null) || return 0
    [[ $bytes =~ ^[1-9][0-9]*$ ]] || return 0
    found=$((bytes / 100000000))
    told="$((found / 10)).$((found % 10)) GB"
    if ((found < needed_memory_gb * 10)); then
        say "The Docker engine has $told of memory; $needed_memory_gb GB are needed." \
            "Docker Desktop: Settings > Resources > Memory."
    elif ((found < comfortable_memory_gb * 10)); then
        warn "The Docker engine has $told of memory; with $comfortable_memory_gb GB the stack runs better."
    fi
}

check_disk() {
    local needed=$needed_disk_gb
    # Once the images are made, what is left to write is small.
    if has docker && docker image inspect "$(setting AIRFLOW_IMAGE)" >/dev/null 2>&1; then needed=1; fi
    check_disks $((needed * 1000000))
}

# check_disks KILOBYTES PLACE…: beside the places, images and volumes may lie on another disk than this folder, or
# in a virtual machine of the engine.
check_disks() {
    local needed=$1 places=(.) root free mount
    shift
    root=$(docker info --format '{{.DockerRootDir}}' 2>/dev/null) || root=''
    if [ -d "$root" ]; then places+=("$root"); fi
    list_disks "${places[@]}" "$@" | while read -r free mount; do
        if ((free < needed)); then
            say "The disk at $mount has $((free / 1000000)) GB free; $(((needed + 999999) / 1000000)) GB are needed." \
                "Make room, for example: docker system prune"
        fi
    done
}

# A line for each disk: its free kilobytes and where it is mounted. Names of disks may hold spaces; the
# free space stands before the share in per cent.
list_disks() {
    df -Pk "$@" | awk '
        NR > 1 && !told[$0]++ {
            for (i = 2; i <= NF; i++) {
                if ($i ~ /^[0-9]+%$/) { free = $(i - 1); sub(/.* [0-9]+% +/, ""); print free, $0; next }
            }
        }'
}

# Two clones of one name would take each other's containers for their own. Compose notes in a label the
# folder from which it made them.
check_clone() {
    local folders folder
    folders=$(docker ps --all --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
        --format '{{.Label "com.docker.compose.project.working_dir"}}' 2>/dev/null) || return 0
    while IFS= read -r folder; do
        if ! is_another_folder "$folder"; then continue; fi
        say "The containers named $COMPOSE_PROJECT_NAME belong to the clone in $folder: run" \
            "./docker-stop-full.sh there, or give this clone another COMPOSE_PROJECT_NAME in .env."
        if ! [ -d "$folder" ]; then
            say "If it was moved or renamed to here, or is gone: docker compose --project-name" \
                "$COMPOSE_PROJECT_NAME down, then start again; all data stays."
        fi
        return
    done <<<"$folders"
}

# What is not found may be a folder of a user who lets nobody in. On Windows it proves nothing: Git Bash,
# WSL and PowerShell each spell this folder in a way of their own.
is_another_folder() {
    if [ -d "$1" ]; then
        [ ! "$1" -ef . ]
        return
    fi
    case $(uname -s) in MINGW* | MSYS* | CYGWIN*) return 1 ;; esac
    [[ $1 == /* ]]
}

check_ports() {
    local name port seen=' ' names='AIRFLOW_PORT MLFLOW_PORT STREAMLIT_PORT API_PORT'
    if has_domain; then names='HTTP_PORT HTTPS_PORT'; fi
    if is_false PRODUCTION && ! has_domain; then names="$names POSTGRES_PORT"; fi
    if is_true CARPRICE_MONITORING && ! has_domain; then names="$names GRAFANA_PORT"; fi
    for name in $names; do
        port=$(setting "$name")
        if [ "$name" = HTTPS_PORT ]; then port=${port:-443}; fi
        if ! [[ $port =~ ^[1-9][0-9]{0,4}$ ]] || ((port > 65535)); then
            say "$name=$port is no port: set it to a number from 1 to 65535 in .env."
        elif [[ $seen == *" $port "* ]]; then
            say "$name=$port is given to another page already: change $name in .env."
        else
            check_port "$name" "$port"
        fi
        seen="$seen$port "
    done
}

check_port() {
    local name=$1 port=$2 holder hint=''
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return; fi
    holder=$(name_container "$port")
    if [ "$holder" = ours ]; then return; fi
    holder=${holder:-$(name_process "$port")}
    if [ "$port" = 5000 ] && [ "$(uname -s)" = Darwin ]; then
        hint=" (AirPlay Receiver holds 5000: System Settings > General > AirDrop & Handoff)"
    fi
    say "Port $port is taken by ${holder:-another program}$hint: stop it, or set $name to a free" \
        "port in .env."
}

# `ours` when containers of this stack hold the port, as before a restart.
name_container() {
    local name project
    has docker || return 0
    docker ps --filter "publish=$1" --format '{{.Names}} {{.Label "com.docker.compose.project"}}' 2>/dev/null |
        while read -r name project; do
            if [ "$project" = "$COMPOSE_PROJECT_NAME" ]; then echo ours; else echo "the container $name"; fi
            break
        done
}

# With whichever tool this system has; other users' processes stay nameless without root.
name_process() {
    local port=$1 found=''
    if has lsof; then
        found=$(lsof -nP -iTCP:"$port" -sTCP:LISTEN 2>/dev/null | awk 'NR == 2 { print $1 " (process " $2 ")" }') || true
    fi
    if [ -z "$found" ] && has ss; then
        found=$(ss -Hltnp "sport = :$port" 2>/dev/null |
            sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/\1 (process \2)/p' | head -n 1) || true
    fi
    if [ -z "$found" ] && has netstat; then
        found=$(name_by_netstat "$port") || true
    fi
    printf '%s' "$found"
}

# Windows: netstat -ano, last column; Linux: netstat -tlnp, `pid/name`.
name_by_netstat() {
    local options=-tlnp
    case $(uname -s) in MINGW* | MSYS* | CYGWIN*) options=-ano ;; esac
    netstat "$options" 2>/dev/null | tr -d '\r' | awk -v port="[:.]$1\$" '
        /LISTEN/ && ($2 ~ port || $4 ~ port) {
            for (i = NF; i > 4; i--) {
                if ($i ~ /^[0-9]+\//) { split($i, part, "/"); print part[2] " (process " part[1] ")"; exit }
                if ($i ~ /^[1-9][0-9]*$/) { print "process " $i; exit }
            }
        }'
}
