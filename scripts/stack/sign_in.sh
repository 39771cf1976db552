# shellcheck shell=bash
# Who may come in. Two files, which the service sign-in reads anew at each question: a line NAME:HASH for each
# person in `users`, for each program in `keys`.

names_folder=${secret_folders[0]:?}
trusted_authority=$names_folder/authority.pem # with openid, if Debian does not know who vouches for the provider
shortest_password=12
longest_password=72 # bytes: bcrypt reads no more

# What cannot work, one line each, as list_faults tells them.
check_sign_in() {
    case $(setting CARPRICE_SIGN_IN) in
        '') return ;;
        users | openid) ;;
        *)
            say "CARPRICE_SIGN_IN=$(setting CARPRICE_SIGN_IN) is neither users nor openid: set it to one of them in" \
                ".env, or leave it empty."
            return
            ;;
    esac
    if ! [[ $(setting CARPRICE_SESSION_MINUTES) =~ ^[1-9][0-9]{0,5}$ ]]; then
        say "CARPRICE_SESSION_MINUTES=$(setting CARPRICE_SESSION_MINUTES) is no number of minutes: set it in .env."
    fi
    if [ "$(setting CARPRICE_SIGN_IN)" = openid ]; then
        check_openid
    elif ! has_domain && ! is_for_this_machine; then
        say "CARPRICE_SIGN_IN=users with BIND_ADDRESS=$(setting BIND_ADDRESS) would send passwords over the network" \
            "unencrypted: set CARPRICE_DOMAIN in .env, for HTTPS, or BIND_ADDRESS=127.0.0.1."
    fi
}

check_openid() {
    local name plain='^[]A-Za-z0-9._~:/?#@!&()*+,;=%[-]+$'
    has_domain || say "CARPRICE_SIGN_IN=openid needs HTTPS: set CARPRICE_DOMAIN in .env."
    for name in OPENID_ISSUER OPENID_CLIENT_ID; do
        [[ $(setting $name) =~ $plain ]] || say "$name has no value that could be one: set it in .env."
    done
    [ -n "$(setting OPENID_CLIENT_SECRET)" ] || say "OPENID_CLIENT_SECRET has no value: set it in .env."
    if [ -z "$(setting OPENID_MAIL_DOMAINS)$(setting OPENID_CLAIM)" ]; then
        say "Everybody whom the provider knows would come in: set OPENID_MAIL_DOMAINS or OPENID_CLAIM in .env."
    fi
    for name in OPENID_MAIL_DOMAINS OPENID_CLAIM; do
        [[ $(setting $name) =~ $plain ]] || [ -z "$(setting $name)" ] ||
            say "$name=$(setting $name) holds a space, a quote or another mark that has a meaning: change it in .env."
    done
    if [ -e "$trusted_authority" ] && ! grep -q 'BEGIN CERTIFICATE' "$trusted_authority"; then
        say "$trusted_authority holds no certificate in PEM (it begins with -----BEGIN CERTIFICATE): put the authority" \
            "that vouches for the provider there, or take the file away."
    fi
}

# At the end of a start, for whoever would stand before a closed door.
tell_sign_in() {
    case $(setting CARPRICE_SIGN_IN) in
        users)
            if [ -s "$names_folder/users" ]; then
                say "  Sign-in    people: $(names_in users | grep -c .)   names: ./docker-users-full.sh list"
            else
                warn "  Sign-in    nobody can come in yet: ./docker-users-full.sh add NAME"
            fi
            ;;
        openid) say "  Sign-in    by $(setting OPENID_ISSUER); keys for programs: ./docker-users-full.sh key NAME" ;;
    esac
}

# Only the outer folder is closed, as containers may run as another user.
prepare_names() {
    local file
    if ! { (umask 077 && mkdir -p .secrets) && mkdir -p "$names_folder"; } || ! [ -w "$names_folder" ]; then
        stop_with "$names_folder cannot be written by you. Run: sudo chown -R $(id -u) .secrets"
    fi
    for file in users keys; do
        [ -e "$names_folder/$file" ] || write_names "$file" </dev/null
    done
    give_to_caller .secrets
}

# Whole or not at all, out of standard input.
write_names() {
    open_partial "$names_folder/$1"
    cat >"${partial:?}"
    chmod 444 "$partial"
    close_partial "$names_folder/$1"
}

has_name() { grep -q "^${2//./[.]}:" "$names_folder/$1" 2>/dev/null; }
names_in() { cut -d : -f 1 "$names_folder/$1" 2>/dev/null | sort; }

# $3: the line of the name; none takes it out.
put_name() {
    { grep -v "^${2//./[.]}:" "$names_folder/$1" || true; } |
        { cat; [ -z "${3-}" ] || printf '%s\n' "$3"; } | write_names "$1"
}

check_name() {
    local letters='^[a-z][a-z0-9._-]{1,31}$'
    [[ $1 =~ $letters ]] || stop_with "$1 is no name: 2 to 32 small letters, digits, dots, - or _, a letter first."
    if has_name "$2" "$1"; then
        stop_with "$1 is there already, among the $2: choose another name, or remove that one first."
    fi
}

add_person() {
    local password
    prepare_names
    check_name "$1" keys
    password=$(ask_password "$1")
    enter_name users "$1" "$password" 10
    confirm_done "$1 may sign in."
    if [ "$(setting CARPRICE_SIGN_IN)" != users ]; then
        warn "Nobody is asked for a password yet: set CARPRICE_SIGN_IN=users in .env, then ./docker-start-full.sh"
    fi
}

ask_password() {
    local password='' again=''
    if [ -t 0 ]; then
        read -r -s -p "Password of $1: " password && printf '\n' >&2
        read -r -s -p "Again: " again && printf '\n' >&2
        [ "$password" = "$again" ] || stop_with "The two differ; nothing was changed."
    else
        IFS= read -r password || true
    fi
    if ((${#password} < shortest_password)); then
        stop_with "The password has ${#password} characters; it needs $shortest_password or more. Nothing was changed."
    fi
    if (($(printf %s "$password" | wc -c) > longest_password)); then
        stop_with "The password is longer than $longest_password bytes. Nothing was changed."
    fi
    printf '%s' "$password"
}

# A key is long and random, so its hash may be quick.
add_program() {
    local secret token
    prepare_names
    check_name "$1" users
    secret=$(generate_secret "$1")
    enter_name keys "$1" "$secret" 5
    token=$(printf '%s:%s' "$1" "$secret" | base64 | tr -d '\r\n')
    confirm_done "The key of $1, shown this once:"
    say "  for the API:    Authorization: Bearer $token"
    say "  for MLflow:     MLFLOW_TRACKING_TOKEN=$token"
    say "  where two are asked for: name $1, password $secret"
}

# FILE NAME PASSWORD COST. The password goes in by a pipe: on a command line others would see it.
enter_name() {
    local line changed=false image
    image=$(setting SIGN_IN_IMAGE)
    docker image inspect "$image" >/dev/null 2>&1 || compose build sign-in >&2 ||
        stop_with "The image $image could not be built: see the lines above. Nothing was changed."
    line=$(printf '%s' "$3" | docker run --rm --interactive --network none "$image" htpasswd -niB -C "$4" "$2" | head -n 1) ||
        stop_with "The password could not be hashed: see the line above. Nothing was changed."
    if has_name "$1" "$2"; then changed=true; fi
    put_name "$1" "$2" "$line"
    if [ "$changed" = true ]; then forget_answers; fi
}

remove_name() {
    local file found=''
    for file in users keys; do
        if has_name "$file" "$1"; then found=$file; fi
    done
    [ -n "$found" ] || stop_with "There is no $1. Those who are: ./docker-users-full.sh list"
    put_name "$found" "$1"
    forget_answers
    confirm_done "$1 is out."
}

# nginx keeps an answer for half a minute, and never asks again for a connection that stays open.
forget_answers() {
    [ -n "$(compose ps --quiet doors 2>/dev/null)" ] || return 0
    { compose exec -T doors sh -c 'rm -f /tmp/sign-in-answers/*' && compose kill --signal HUP doors >/dev/null 2>&1; } ||
        stop_with "The name is changed, but open pages could not be ended: run ./docker-start-full.sh"
}

list_names() {
    local file
    for file in users keys; do
        announce "$file"
        names_in "$file" | sed 's/^/  /'
    done
}
