#!/bin/sh
# The key that sessions are sealed with: from the first reading of the settings to the end of the server.
umask 077
[ -s /tmp/passphrase ] || head -c 32 /dev/urandom | base64 >/tmp/passphrase
cat /tmp/passphrase
