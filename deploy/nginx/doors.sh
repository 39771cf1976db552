#!/bin/sh
# The command of `doors`: writes for nginx what it cannot read of the environment, and becomes nginx.
set -eu

for proxy in $(echo "${FORWARDED_ALLOW_IPS:-}" | tr , ' '); do
    echo "set_real_ip_from $proxy;"
done >/tmp/proxies.conf

conf=/etc/nginx/doors
if [ -n "${CARPRICE_SIGN_IN:-}" ]; then ln -sfn "$conf/sign-in" /tmp/sign-in; fi
if [ "${CARPRICE_MONITORING:-false}" = true ]; then ln -sfn "$conf/monitoring" /tmp/monitoring; fi

certificate=/certificates/served/host.pem
if [ -z "${CARPRICE_DOMAIN:-}" ]; then
    cp "$conf/ports.conf" /tmp/form.conf
else
    sed "s/DOMAIN/$CARPRICE_DOMAIN/g; s/:PORT/${HTTPS_PORT:+:$HTTPS_PORT}/g" "$conf/https.conf" >/tmp/form.conf
    until [ -s "$certificate" ]; do sleep 1; done
    # One that was renewed is read by itself; nginx goes on with the old one where it cannot be.
    seen=$(stat -c %y "$certificate")
    while sleep 5; do
        found=$(stat -c %y "$certificate" 2>&1) || continue
        if [ "$found" != "$seen" ]; then kill -HUP $$; fi
        seen=$found
    done &
fi
exec nginx -e stderr -c "$conf/nginx.conf" "$@"
