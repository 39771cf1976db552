# Stands in for the official python image: Debian's Python, moved to where the official one lies
# (/usr/local, site-packages, no EXTERNALLY-MANAGED), so that the product's Dockerfiles see no difference.
FROM debian:trixie-slim

# Networks that re-sign TLS need the host's certificates; added to Debian's own, they survive a later
# update-ca-certificates.
COPY host-ca.crt /usr/local/share/ca-certificates/host-ca.crt
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    PIP_CERT=/etc/ssl/certs/ca-certificates.crt \
    REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt \
    LANG=C.UTF-8

# Debian's packages of Python go again; the libraries that the copy loads are asked for by name.
# Debian's Python installs to and imports from dist-packages: the first is undone by the sed line, the
# second, in a module frozen into the interpreter, by the link.
RUN export DEBIAN_FRONTEND=noninteractive \
 && apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends ca-certificates netbase tzdata \
        libbz2-1.0 libdb5.3t64 libexpat1 libffi8 liblzma5 libncursesw6 libreadline8t64 libsqlite3-0 \
        libssl3t64 libuuid1 zlib1g python3-pip-whl python3-venv \
 && cp -a /usr/lib/python3.13 /usr/local/lib/ \
 && cp -a /usr/bin/python3.13 /usr/local/bin/ \
 && apt-get purge -y -qq --auto-remove python3-venv \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
 && cd /usr/local/lib/python3.13 \
 && rm EXTERNALLY-MANAGED sitecustomize.py \
 && sed -i "s/prefix_scheme = 'posix_local'/prefix_scheme = 'posix_prefix'/" sysconfig/__init__.py \
 && ln -s python3.13 /usr/local/bin/python3 \
 && ln -s python3 /usr/local/bin/python \
 && mkdir site-packages \
 && ln -s site-packages dist-packages \
 && pip=$(echo /usr/share/python-wheels/pip-*.whl) \
 && PYTHONPATH=$pip python -m pip install --quiet --no-index --root-user-action ignore "$pip"

CMD ["python3"]
