# Stands in for the official postgres image.
FROM debian:trixie-slim

ENV LANG=C.UTF-8 \
    PATH=$PATH:/usr/lib/postgresql/17/bin \
    PGDATA=/var/lib/postgresql/data

# The number of the user is that of the official image; Debian's package keeps a user that exists.
# The cluster that Debian would make on installation is not wanted: the entrypoint makes its own.
RUN groupadd --system --gid 999 postgres \
 && useradd --system --gid postgres --uid 999 --home-dir /var/lib/postgresql --shell /bin/bash postgres \
 && install -D /dev/null /etc/postgresql-common/createcluster.conf \
 && echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf \
 && export DEBIAN_FRONTEND=noninteractive \
 && apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends postgresql-17 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
 && sed -i "s/^#listen_addresses = .*/listen_addresses = '*'/" /usr/share/postgresql/17/postgresql.conf.sample \
 && install --directory --owner postgres --group postgres --mode 1777 "$PGDATA" \
 && install --directory --owner postgres --group postgres --mode 3777 /var/run/postgresql \
 && mkdir /docker-entrypoint-initdb.d

COPY postgres-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
EXPOSE 5432
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
