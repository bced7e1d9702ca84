# Builds from a clone: docker build -t dragoman .
# scripts/container_steps.py runs these steps without a container engine.

FROM ghcr.io/astral-sh/uv:0.13.9 AS uv

FROM python:3.13-slim AS build
COPY --from=uv /uv /usr/local/bin/uv
ENV UV_PROJECT_ENVIRONMENT=/opt/dragoman \
    UV_PYTHON_DOWNLOADS=never \
    UV_LINK_MODE=copy \
    UV_COMPILE_BYTECODE=1
WORKDIR /build
# Dependencies before the source, so that a change of the source leaves their layer alone.
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-dev --no-install-project --extra schema --extra tokens --extra vertex
COPY README.md LICENSE ./
COPY src ./src
RUN uv sync --locked --no-dev --no-editable --extra schema --extra tokens --extra vertex

FROM python:3.13-slim
COPY --from=build /opt/dragoman /opt/dragoman
# A container is reached through its published ports only, so it listens on every interface of its own.
ENV PATH=/opt/dragoman/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8082
WORKDIR /srv
# A number needs no entry in /etc/passwd, and an orchestrator can see that it is not root.
USER 10001:10001
EXPOSE 8082
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["dragoman", "health"]
# Without DRAGOMAN_API_KEY whoever reaches the published port is served, and start-up says so.
CMD ["dragoman", "serve", "--insecure-no-auth"]
