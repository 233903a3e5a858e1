#!/bin/sh
# Writes requirements/*.txt: every package with its hashes and no address of an index.
# run.txt is what processes need, dev.txt adds what tests and benchmarks need, bench.txt the peers
# that speed is compared with.
set -eu
cd "$(dirname "$0")/.."
compile() {
    .venv/bin/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes \
        --no-emit-index-url --no-emit-trusted-host --no-header --no-annotate "$@" pyproject.toml
}
compile --extra semantic --extra postgres --extra build --output-file requirements/run.txt
compile --extra semantic --extra postgres --extra build --extra dev --extra otel \
    --constraint requirements/run.txt --output-file requirements/dev.txt
compile --extra semantic --extra postgres --extra build --extra dev --extra otel --extra bench \
    --constraint requirements/dev.txt --output-file requirements/bench.txt
