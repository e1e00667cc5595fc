# One image for every process of the hub; the steps are those of ./hub.
FROM python:3.11-slim

RUN useradd --system --uid 10001 --no-create-home space-hub \
    && install -d -o space-hub -m 0700 /data

WORKDIR /app
COPY . .
RUN python3 hub install \
    && .venv/bin/python -m compileall -q space_hub providers catalog api jobs

ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SPACE_HUB_DATA=/data \
    SPACE_HUB_HOST=0.0.0.0 \
    NUMBA_CACHE_DIR=/data/kernels

USER space-hub
# A new volume begins with what the image holds at its place: the engine, compiled.
RUN space-hub warmup
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=3 \
    CMD ["space-hub", "doctor", "--process", "serve"]
ENTRYPOINT ["space-hub"]
CMD ["up"]
