# shellcheck shell=bash
# One host name with HTTPS in place of the four ports, where CARPRICE_DOMAIN is set.

has_domain() { [ -n "$(setting CARPRICE_DOMAIN)" ]; }

tell_domain() {
    local port
    port=$(setting HTTPS_PORT)
    printf 'https://%s%s' "$(setting CARPRICE_DOMAIN)" "${port:+:$port}"
}

# Certificates are for names, and browsers remember of this one that it is asked with HTTPS alone.
check_domain() {
    local domain mode label='[a-z0-9]([a-z0-9-]*[a-z0-9])?'
    has_domain || return 0
    domain=$(setting CARPRICE_DOMAIN) mode=$(setting CARPRICE_CERTIFICATE)
    if ! grep -Eqx "($label\.)+[a-z]$label" <<<"$domain"; then
        say "CARPRICE_DOMAIN=$domain is no host name such as prices.example.com, in small letters, without https://," \
            "port or path: mend it in .env, or leave it empty."
    fi
    case $mode in
        selfsigned | own) ;;
        letsencrypt)
            if is_for_this_machine; then
                say "CARPRICE_CERTIFICATE=letsencrypt needs to be reached from outside, and" \
                    "BIND_ADDRESS=$(setting BIND_ADDRESS) is this machine alone: set it to 0.0.0.0 in .env."
            fi
            ;;
        *) say "CARPRICE_CERTIFICATE=$mode is none of selfsigned, own and letsencrypt: set it to one in .env." ;;
    esac
}

is_for_this_machine() { [[ $(setting BIND_ADDRESS) == 127.* || $(setting BIND_ADDRESS) == ::1 ]]; }

# Made, or looked at, before anything that runs is touched.
prepare_certificate() {
    local told
    has_domain || return 0
    announce "Looking after the certificate of $(setting CARPRICE_DOMAIN)"
    compose build certificates || stop_with "Its image could not be built: see the lines above. Nothing was changed."
    # By the engine alone: Compose would make the volumes and networks of the stack.
    if ! told=$(docker run --rm --network=none --user="$(setting AIRFLOW_UID):0" --volume="$PWD/certificates:/certificates" \
        --env=CARPRICE_DOMAIN="$(setting CARPRICE_DOMAIN)" --env=CARPRICE_ACME_SERVER="$(setting CARPRICE_ACME_SERVER)" \
        --env=CARPRICE_CERTIFICATE="$(setting CARPRICE_CERTIFICATE)" "$(setting CERTIFICATES_IMAGE)" \
        python /opt/certificates.py check 2>&1); then
        complain "Nothing was started or stopped, as there is no certificate to show:"
        list_points "$told" >&2
        exit 1
    fi
    say "$told"
}

# What programs need to know beside the address.
tell_certificate() {
    say "  Certificate: $(compose exec -T certificates python /opt/certificates.py check 2>&1 || true)"
    if [ "$(setting CARPRICE_CERTIFICATE)" = selfsigned ]; then
        say "  Browsers and programs trust it by certificates/authority.pem, for this name alone."
    fi
    if is_for_this_machine; then
        say "  BIND_ADDRESS=$(setting BIND_ADDRESS): only this machine reaches it; 0.0.0.0 in .env opens it to the network."
    fi
}
