# shellcheck shell=bash
# What the rule for shell scripts of safety.yml finds.
# ruleid: evaluated-text
eval "$1"
# ok: evaluated-text
echo "$1"
