#!/usr/bin/env bash
# Installs what is missing, builds, and passes the tests. Takes arguments of ctest, such as -R image.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh
tools/check_format
tools/check_docs
ctest --preset release "$@"
