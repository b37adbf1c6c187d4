# One image for both processes of a cluster install: `praetor operator` and `praetor gateway`.
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

FROM python:3.11-slim-bookworm
COPY --from=build /opt/praetor /opt/praetor
ENV PATH=/opt/praetor/bin:$PATH PYTHONUNBUFFERED=1 NUMBA_CPU_NAME=generic
WORKDIR /tmp
USER 65532:65532
ENTRYPOINT ["praetor"]
