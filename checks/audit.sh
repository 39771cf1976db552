#!/usr/bin/env bash
# audit.sh UV PIP-AUDIT: asks for known vulnerabilities of all that the three locks name. Ends with 0 when there is
# none, with 1 when there is one, and with 2, and a loud word, when it could not be found out. pip-audit alone
# ends with 0 where an index knows nothing of vulnerabilities: it leaves out what it cannot find.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=$1 audit=$2

list_locked() { "$uv" export --quiet --locked --all-groups --no-emit-project --no-header --no-annotate "$@"; }

# Of a table of vulnerabilities nothing is printed where the audit itself failed.
audit_locked() {
    local wanted=$1 found code=0
    found=$("$audit" --strict --disable-pip --require-hashes --progress-spinner=off -r "$wanted") || code=$?
    if [ "$code" = 0 ]; then return; fi
    if [ -n "$found" ]; then
        echo "$found"
        return 1
    fi
    echo "${GITHUB_ACTIONS:+::error::}THE AUDIT COULD NOT BE MADE: see the line above. Nothing is known of" \
        "vulnerabilities until it is repeated where pypi.org answers with its JSON API." >&2
    return 2
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
list_locked >"$work/product.txt"
list_locked --project checks >"$work/checks.txt"
list_locked --project benchmarks/peers >"$work/peers.txt"
worst=0
for wanted in "$work"/*.txt; do
    code=0
    audit_locked "$wanted" || code=$?
    if ((code > worst)); then worst=$code; fi
done
exit "$worst"
