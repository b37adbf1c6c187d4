# One image for both processes of a cluster install: `praetor operator` and `praetor gateway`.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY requirements/operator.txt requirements/
RUN python -m venv /opt/praetor \
 && /opt/praetor/bin/pip install --no-cache-dir --only-binary=:all: --require-hashes --no-deps -r requirements/operator.txt
COPY . .
RUN pip wheel --no-cache-dir --no-deps -w dist . \
 && /opt/praetor/bin/pip install --no-cache-dir --no-deps dist/*.whl
# The simulator's kernel is compiled once, here. Numba looks it up by the CPU's name, which must be the same later.
ENV NUMBA_CPU_NAME=generic NUMBA_CACHE_DIR=/opt/praetor/numba
RUN /opt/praetor/bin/praetor run oom_crash --seed 0 > /dev/null \
 && echo list | /opt/praetor/bin/python -m simcore oom_crash > /dev/null \
 && chown -R 65532:65532 /opt/praetor/numba

FROM python:3.11-slim-bookworm
COPY --from=build /opt/praetor /opt/praetor
ENV PATH=/opt/praetor/bin:$PATH PYTHONUNBUFFERED=1 NUMBA_CPU_NAME=generic NUMBA_CACHE_DIR=/opt/praetor/numba
WORKDIR /tmp
USER 65532:65532
ENTRYPOINT ["praetor"]
