#!/bin/sh
# The command of `prometheus`: writes which doors there are, which it cannot read of the environment, and
# becomes Prometheus.
set -eu

list() { printf '[{"targets": [%s]}]\n' "$1"; }

domain=${CARPRICE_DOMAIN:-}
if [ -n "$domain" ]; then
    list "\"https://$domain:8443/\"" >/tmp/doors.json
    list "\"$domain:8443\"" >/tmp/certificates.json
else
    list '"http://doors:8501/"' >/tmp/doors.json
    list '' >/tmp/certificates.json
fi
exec prometheus --config.file=/etc/prometheus/prometheus.yml --storage.tsdb.path=/prometheus \
    --storage.tsdb.retention.time=30d --storage.tsdb.retention.size=2GB
