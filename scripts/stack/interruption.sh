# shellcheck shell=bash
# Ctrl-C, TERM and a closed terminal end all that a script has started, with a word of what to do.

# end_together ADVICE FUNCTION: runs the function in a process group of its own. A shell that starts one
# child after another may miss a Ctrl-C that such a child takes as well; one that only waits hears it.
end_together() {
    local advice=$1
    # shellcheck disable=SC2064 # the advice as it is now
    trap "interrupt '$advice'" INT TERM HUP
    set -m
    "$2" </dev/null &
    set +m
    wait "$!"
    trap - INT TERM HUP
}

interrupt() {
    local group
    group=$(jobs -p)
    if [ -n "$group" ]; then
        kill -TERM -- "-$group" 2>/dev/null || true
        wait "$group" 2>/dev/null || true
    fi
    complain "$1"
    exit 130
}
