#!/usr/bin/env bash
# Installs what is missing, builds, diagnoses a study and says where the report lies.
#   scripts/demo.sh            a synthetic two-phase patient, made as DICOM
#   scripts/demo.sh STUDY      your own study: a DICOM folder or ZIP, NIfTI volumes, or a picture stack
#   scripts/demo.sh STUDY OUT  the same, with the folder for the report
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
study=${1:-}
out=${2:-$root/runs/demo/report}
[ -z "$study" ] || [ -e "$study" ] || { echo "demo: no such study: $study" >&2; exit 3; }
"$root/scripts/build.sh" hepatica
hepatica=$root/build/release/hepatica
if [ -z "$study" ]; then
  study=$root/runs/demo/patient
  rm -rf "$study"
  "$hepatica" phantom --out "$study" --patients 1 --cohort demo --format dicom --seed 7
  study=$study/demo_0001
fi
"$hepatica" diagnose "$study" --out "$out"
echo
echo "Report: $out/report.html (report.pdf and report.json lie beside it)"
