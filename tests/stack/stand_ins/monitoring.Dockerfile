# Stands in for the official images of the watching services: each is a target here.
FROM debian:trixie-slim AS base
ARG DEBIAN_FRONTEND=noninteractive
RUN apt-get update -qq

FROM base AS prometheus
RUN apt-get install -y -qq --no-install-recommends prometheus \
 && rm -rf /etc/prometheus/* && install --directory --owner 65534 --group 65534 /prometheus
USER 65534

FROM base AS alertmanager
RUN apt-get install -y -qq --no-install-recommends prometheus-alertmanager \
 && ln -s /usr/bin/prometheus-alertmanager /usr/local/bin/alertmanager \
 && install --directory --owner 65534 --group 65534 /alertmanager
USER 65534
ENTRYPOINT ["alertmanager"]

FROM base AS node_exporter
RUN apt-get install -y -qq --no-install-recommends prometheus-node-exporter
USER 65534
ENTRYPOINT ["prometheus-node-exporter"]

FROM base AS postgres_exporter
RUN apt-get install -y -qq --no-install-recommends prometheus-postgres-exporter
USER 65534
ENTRYPOINT ["prometheus-postgres-exporter"]

FROM base AS redis_exporter
RUN apt-get install -y -qq --no-install-recommends prometheus-redis-exporter \
 && ln -s /usr/bin/prometheus-redis-exporter /redis_exporter
USER 65534
ENTRYPOINT ["/redis_exporter"]

FROM base AS nginx_exporter
RUN apt-get install -y -qq --no-install-recommends prometheus-nginx-exporter
USER 65534
ENTRYPOINT ["prometheus-nginx-exporter"]

FROM base AS blackbox_exporter
RUN apt-get install -y -qq --no-install-recommends prometheus-blackbox-exporter
USER 65534
ENTRYPOINT ["prometheus-blackbox-exporter"]

FROM base AS statsd_exporter
RUN apt-get install -y -qq --no-install-recommends python3-prometheus-client
COPY statsd_exporter.py /
USER 65534
ENTRYPOINT ["python3", "/statsd_exporter.py"]

# Of Grafana there is nothing to be had: it says that it is well, and no more.
FROM base AS grafana
RUN apt-get install -y -qq --no-install-recommends python3-minimal libpython3-stdlib curl
COPY grafana.py /
USER 472
ENTRYPOINT ["python3", "/grafana.py"]
