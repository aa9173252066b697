# MeLU Online: the service alone; data and models come in as volumes.
FROM python:3.12-slim

RUN useradd --create-home --uid 10001 melu
WORKDIR /srv/melu

# Torch first and by itself: the CPU build is a tenth of the size, and changes least often.
COPY constraints.txt ./
RUN pip install --no-cache-dir --constraint constraints.txt \
        --extra-index-url https://download.pytorch.org/whl/cpu torch

COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY model model
COPY scripts scripts
# The wheel has the guide.
COPY CHANGELOG.md CONTRIBUTING.md SECURITY.md ./
COPY docs docs
RUN pip install --no-cache-dir --constraint constraints.txt ".[otel]" \
    && mkdir -p /srv/melu/var/model /srv/melu/var/store \
    && chown -R melu:melu /srv/melu/var

USER melu
# Others can reach that address, so it starts with MELU_API_KEYS only.
ENV MELU_HOST=0.0.0.0 \
    PYTHONDONTWRITEBYTECODE=1 \
    MELU_MODEL=/srv/melu/var/model \
    MELU_STORE_FOLDER=/srv/melu/var/store
VOLUME ["/srv/melu/var"]
EXPOSE 8000

HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import httpx; httpx.get('http://127.0.0.1:8000/healthz', timeout=2).raise_for_status()"]

CMD ["melu", "serve"]

# An image that can't import its application is worth nothing: find out now.
RUN python -c "import app.main"
