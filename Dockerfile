# Inventory as an image. `docker build -t inventory .`, or `make image`, which needs no registry (CONTRIBUTING.md).
# compose.yaml runs the whole of a site from it.
ARG BASE=docker.io/library/debian:bookworm-slim

# --- Everything that is installed and collected, where pip and its cache may be ---------------------
# hadolint ignore=DL3006
FROM ${BASE} AS build
# The base decides the versions: those of one Debian release.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /srv/inventory
COPY requirements.txt ./
# The lock lists every package with its hash, so pip resolves nothing.
RUN python3 -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --no-compile --no-deps --require-hashes --requirement requirements.txt \
    && .venv/bin/pip check \
    && .venv/bin/pip uninstall --quiet --yes pip setuptools \
    # Test suites of the packages, which nobody runs here.
    && find .venv -type d -name tests -path '*/site-packages/*' -prune -exec rm -rf {} +
COPY . ./
ENV INVENTORY_STATIC_DIR=/srv/inventory/static
# As bytecode that says nothing of dates: the root is read-only, so it cannot be written later.
RUN INVENTORY_DATA_DIR=/tmp/build .venv/bin/python manage.py collectstatic --no-input --verbosity 0 \
    && .venv/bin/python -m compileall -q --invalidation-mode unchecked-hash . \
    && rm -rf /tmp/build

# --- What runs --------------------------------------------------------------------------------------
# hadolint ignore=DL3006
FROM ${BASE}
# The PostgreSQL clients are for backups: they have to be as new as the database server.
ARG POSTGRESQL_CLIENT=postgresql-client
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates "${POSTGRESQL_CLIENT}" python3 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* /usr/share/doc /usr/share/man \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin inventory \
    && install --directory --owner inventory --group inventory --mode 0711 /var/lib/inventory \
    && install --directory --owner inventory --group inventory --mode 0700 /backup
COPY --from=build /srv/inventory /srv/inventory
WORKDIR /srv/inventory
# Only these two have to be writable: a volume for the data folder, and memory for /tmp.
ENV INVENTORY_DATA_DIR=/var/lib/inventory \
    INVENTORY_STATIC_DIR=/srv/inventory/static \
    PATH=/srv/inventory/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    # Only the network of the container reaches it: publish the port of the proxy, not this one.
    HOST=0.0.0.0 \
    PORT=8000 \
    STREAM_PORT=8001
USER 10001:10001
VOLUME /var/lib/inventory
EXPOSE 8000 8001
HEALTHCHECK --interval=30s --timeout=8s --start-period=60s CMD ["python", "-m", "inventory.healthcheck"]
STOPSIGNAL SIGTERM
CMD ["gunicorn"]
