#!/bin/sh
# The command of sign-in: writes for Apache what it cannot work out of the environment, and becomes Apache.
set -eu

export SESSION_SECONDS=$((CARPRICE_SESSION_MINUTES * 60))
if [ "$CARPRICE_SIGN_IN" = openid ]; then
    # Who may vouch for the provider: whom Debian trusts, and a company's own authority.
    company=/run/sign-in/authority.pem
    if [ ! -e "$company" ]; then company=/dev/null; fi
    cat /etc/ssl/certs/ca-certificates.crt "$company" >/tmp/authorities.pem
    # An address that the provider has not verified may be anybody's.
    for domain in $(echo "${OPENID_MAIL_DOMAINS:-}" | tr , ' '); do
        cat <<EOF
<RequireAll>
    Require claim email_verified:true
    Require claim "email~^[^@]+@$(echo "$domain" | sed 's/[.]/[.]/g')\$"
</RequireAll>
EOF
    done >/tmp/allowed.conf
    if [ -n "${OPENID_CLAIM:-}" ]; then echo "Require claim \"$OPENID_CLAIM\"" >>/tmp/allowed.conf; fi
    if ! [ -s /tmp/allowed.conf ]; then
        echo "Everybody whom the provider knows would come in: set OPENID_MAIL_DOMAINS or OPENID_CLAIM in .env." >&2
        exit 1
    fi
fi
exec apache2 -D FOREGROUND -D "$CARPRICE_SIGN_IN" -f /etc/sign-in/httpd.conf "$@"
