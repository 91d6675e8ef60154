#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run_tests.sh PRESET JOBS: runs the tests of a build tree, then says tier by tier what ran, and
# what was skipped and why. Exits with ctest's code.
set -uo pipefail
cd "$(dirname "$0")/.."
preset=$1 jobs=$2
report=$PWD/build/$preset/tests.xml

code=0
ctest --preset "$preset" -j "$jobs" --output-junit "$report" || code=$?
python3 tests/summary.py "$preset" "$report" || code=1
exit "$code"
