#!/usr/bin/env bash
# Who may come in where CARPRICE_SIGN_IN asks: people with passwords, programs with keys.
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")"
. scripts/stack/all.sh

usage() {
    cat <<'TEXT'
Usage: ./docker-users-full.sh add NAME | key NAME | remove NAME | list

Names of people (with CARPRICE_SIGN_IN=users) and of programs that page, MLflow and API let in. They take
effect at once, also while the stack runs.

  add NAME      a person: the password is asked for, or is the first line of standard input; for a name that
                is there already, it is a new password
  key NAME      a program: its key is made and shown, once; for a name that is there, in place of the old one
  remove NAME   a person or a program; open pages of everybody are connected anew, uploads are broken off
  list          all names
  -h, --help    show this

Ends with 0 when it is done, 1 when something failed, 2 on wrong use.
TEXT
}

refuse_use() {
    usage >&2
    exit 2
}

case "$# ${1-}" in
    *' -h' | *' --help') usage && exit 0 ;;
    '2 add' | '2 key' | '2 remove' | '1 list') ;;
    *) refuse_use ;;
esac
choose_stack
case $1 in
    add) add_person "$2" ;;
    key) add_program "$2" ;;
    remove) remove_name "$2" ;;
    list) list_names ;;
esac
