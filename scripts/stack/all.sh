# shellcheck shell=bash
# All that the scripts at the root share. They stand in the project's folder when they read it.

# Git Bash would turn paths inside containers into Windows paths.
export MSYS_NO_PATHCONV=1

. scripts/stack/messages.sh
. scripts/stack/interruption.sh
. scripts/stack/environment.sh
. scripts/stack/secrets.sh
. scripts/stack/ownership.sh
. scripts/stack/checks.sh
. scripts/stack/https.sh
. scripts/stack/folders.sh
. scripts/stack/sign_in.sh
. scripts/stack/compose.sh
. scripts/stack/summary.sh
