#!/usr/bin/env bash
# Installs what is missing, builds, and passes the tests. Takes arguments of ctest, such as -R image.
# Where npm is there, ONNX Runtime is fetched once for the tests of exported networks; without it these are skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh
if command -v npm >/dev/null && [ ! -d tests/parity/node_modules/onnxruntime-node ]; then
  timeout 300 npm install --ignore-scripts --no-save --no-audit --no-fund --loglevel error --prefix tests/parity \
    onnxruntime-node >/dev/null || echo "test: onnxruntime-node could not be installed; its tests are skipped" >&2
fi
tools/check_format
tools/check_docs
ctest --preset release "$@"
