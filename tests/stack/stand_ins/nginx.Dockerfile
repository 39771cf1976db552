# Stands in for the official nginx image.
FROM debian:trixie-slim

RUN export DEBIAN_FRONTEND=noninteractive \
 && apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends nginx libnginx-mod-stream curl \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*

# The official nginx has the module for streams in it; Debian's loads it.
RUN printf '#!/bin/sh\nexec /usr/sbin/nginx -g "load_module modules/ngx_stream_module.so;" "$@"\n' \
  | install -m 755 /dev/stdin /usr/local/bin/nginx

EXPOSE 80
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]
