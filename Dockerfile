# One image for the operator and the gateway: `praetor operator`, `praetor gateway`.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY requirements/ requirements/
RUN python -m venv /opt/praetor \
 && /opt/praetor/bin/pip install --no-cache-dir --require-hashes --only-binary=:all: -r requirements/operator.txt
RUN pip install --no-cache-dir hatchling
COPY . .
RUN hatchling build -t wheel -d dist && /opt/praetor/bin/pip install --no-cache-dir --no-deps dist/*.whl

FROM python:3.11-slim-bookworm
COPY --from=build /opt/praetor /opt/praetor
ENV PATH=/opt/praetor/bin:$PATH PYTHONUNBUFFERED=1 NUMBA_CPU_NAME=generic
WORKDIR /tmp
USER 65532:65532
ENTRYPOINT ["praetor"]
