# Stands in for the official nginx image.
FROM debian:trixie-slim

RUN export DEBIAN_FRONTEND=noninteractive \
 && apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends nginx curl \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*

EXPOSE 80
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]
