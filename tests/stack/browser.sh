#!/usr/bin/env bash
# Makes sure that there is a browser for the tests of the pages. Where one is found, nothing happens. On a
# Debian machine without one, as in CI, root gets Debian's Chromium; elsewhere Playwright's own will do.
set -euo pipefail

LOG=${TMPDIR:-/tmp}/carprice-browser.log
readonly LOG

command -v chromium >/dev/null && exit
for cache in "${PLAYWRIGHT_BROWSERS_PATH:-}" ~/.cache/ms-playwright ~/Library/Caches/ms-playwright; do
    compgen -G "$cache/chromium*" >/dev/null && exit
done
if ! grep -qs '^ID=debian$' /etc/os-release || [ "$(id -u)" != 0 ]; then
    echo "No Chromium was found here. Run: .venv/bin/playwright install chromium" >&2
    exit 1
fi
echo "Installing Debian's chromium …"
{
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        chromium fonts-dejavu-core
} >"$LOG" 2>&1 || { tail "$LOG" >&2; exit 1; }
command -v chromium >/dev/null
