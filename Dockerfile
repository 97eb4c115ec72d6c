# The image of every wiredesk service. It holds no password, no server and no compiler, and runs as nobody in particular.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python -m venv /opt/wiredesk && python -m venv /opt/build
COPY requirements.txt requirements-build.txt ./
RUN /opt/wiredesk/bin/python -m pip install --quiet --require-hashes -r requirements.txt
RUN /opt/build/bin/python -m pip install --quiet --require-hashes -r requirements-build.txt
COPY pyproject.toml README.md LICENSE ./
COPY wiredesk wiredesk
COPY schema schema
COPY worker worker
COPY tasks tasks
RUN /opt/build/bin/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /dist . \
 && /opt/wiredesk/bin/python -m pip install --quiet --no-deps --no-index /dist/*.whl \
 && /opt/wiredesk/bin/python -m pip uninstall --quiet --yes pip

FROM python:${PYTHON}-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin wiredesk
COPY --from=build /opt/wiredesk /opt/wiredesk
ENV PATH=/opt/wiredesk/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp WIREDESK_DATA_DIR=/tmp
USER 10001:10001
WORKDIR /tmp
CMD ["wiredesk", "--help"]
