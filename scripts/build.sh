#!/usr/bin/env bash
# Installs what is missing and builds the release preset. Arguments are targets; none means everything.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install.sh
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cmake --preset release >"$log" 2>&1 || { cat "$log"; exit 1; }
cmake --build --preset release ${1:+--target "$@"}
