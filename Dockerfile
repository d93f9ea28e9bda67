# The service as one container. Run it with a read-only root: it writes to /data and nowhere else.
#   docker build -t moderation . && docker run --read-only -v moderation:/data -p 8080:8080 moderation
# Pin the base to the digest that you have checked: --build-arg BASE=python:3.13-slim-bookworm@sha256:…
ARG BASE=python:3.13-slim-bookworm

FROM ${BASE} AS build
WORKDIR /src
RUN python -m venv /opt/moderation
COPY requirements/runtime.txt requirements/runtime.txt
RUN /opt/moderation/bin/pip install --no-cache-dir --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY moderation moderation
COPY model model
RUN /opt/moderation/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM ${BASE}
LABEL org.opencontainers.image.title="moderation" \
      org.opencontainers.image.description="The comment desk that a newsroom can own" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 moderation \
 && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin moderation \
 && install --directory --owner 10001 --group 10001 --mode 0700 /data
COPY --from=build /opt/moderation /opt/moderation
ENV PATH=/opt/moderation/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MODERATION_DATA_DIR=/data \
    MODERATION_HOST=0.0.0.0 \
    MODERATION_PORT=8080
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
ENTRYPOINT ["moderation"]
CMD ["serve"]
