# One image for every process: web, worker, keeper and the commands of an operator.
ARG PYTHON_IMAGE=python:3.12.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
RUN python -m venv /opt/lessonstream/environment
# "slides" is what reads their text, 250 MB; "speech" what writes captions by a model, 50 MB.
ARG EXTRAS="slides"
COPY requirements.lock requirements-slides.lock requirements-speech.lock /tmp/
# Made with the versions of requirements.lock, so that one may come after the other.
RUN for extra in "" ${EXTRAS}; do \
        /opt/lessonstream/environment/bin/pip install --no-cache-dir --disable-pip-version-check \
            --only-binary :all: --require-hashes -r "/tmp/requirements${extra:+-$extra}.lock" || exit 1; \
    done
# The project needs no build: a path file and a script make it installed.
COPY configs /opt/lessonstream/source/configs
COPY storage /opt/lessonstream/source/storage
COPY workers /opt/lessonstream/source/workers
COPY media_service /opt/lessonstream/source/media_service
COPY player_embed /opt/lessonstream/source/player_embed
COPY --chmod=755 configs/env/lessonstream.sh /opt/lessonstream/environment/bin/lessonstream
RUN echo /opt/lessonstream/source \
        > "$(/opt/lessonstream/environment/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/lessonstream.pth" \
    # The container's file system is read-only, so byte code is made here or never.
    && /opt/lessonstream/environment/bin/python -m compileall -q /opt/lessonstream/source

FROM ${PYTHON_IMAGE}
# What only a browser draws, with letters of Chinese: workers/browser.py. VIDEO_DRIVERS are packages that hardware encoders
# need: docs/operations.md.
ARG VIDEO_DRIVERS=
RUN apt-get update && apt-get install -y --no-install-recommends chromium-headless-shell fonts-liberation fonts-wqy-zenhei \
        ${VIDEO_DRIVERS} \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --home-dir /var/lib/lessonstream --create-home --shell /usr/sbin/nologin lessonstream
COPY --from=build /opt/lessonstream /opt/lessonstream
ENV PATH=/opt/lessonstream/environment/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/var/lib/lessonstream
WORKDIR /var/lib/lessonstream
USER 10001:10001
EXPOSE 8080
ENTRYPOINT ["lessonstream"]
CMD ["web", "--host", "0.0.0.0"]
