# Two stages: packages are installed, checked against their hashes, in the first; the second has no build tools and runs
# as a user who owns nothing but /data.
FROM python:3.11-slim-bookworm AS packages
COPY requirements.txt /tmp/requirements.txt
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes \
        --requirement /tmp/requirements.txt

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 recourse \
    && useradd --uid 10001 --gid recourse --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin recourse \
    && install --directory --owner recourse --group recourse --mode 0700 /data /keys
COPY --from=packages /venv /venv
WORKDIR /srv/recourse
COPY manage.py ./
COPY templates templates
COPY notifications notifications
COPY verification verification
COPY dsr dsr
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data \
    STATIC_DIR=/srv/static
# The embedded default is enough to gather static files; nothing of it stays in the image.
RUN DATA_DIR=/tmp/build python manage.py collectstatic --no-input --verbosity 0 \
    && rm -rf /tmp/build \
    && python -m compileall -q /srv/recourse
USER recourse
VOLUME ["/data"]
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ.get('PORT', '8000') + '/healthz', timeout=4)"]
CMD ["python", "manage.py", "serve", "--web-only", "--bind", "0.0.0.0"]
