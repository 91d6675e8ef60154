#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# build.sh PRESET JOBS [TARGET...]: configures the preset and builds it (all, or the targets named).
#
# Shows one line: per cent done and the time so far. On a terminal the line is written over itself,
# elsewhere there is one per tenth. What a failed command printed follows in full, and so do
# warnings. V=1 shows the output of CMake and ninja as they are.
set -uo pipefail
cd "$(dirname "$0")/.."
preset=$1 jobs=$2
shift 2
targets=()
for target in "$@"; do targets+=(--target "$target"); done

if [ -n "${V:-}" ]; then
  cmake --preset "$preset" && exec cmake --build --preset "$preset" -j "$jobs" "${targets[@]}"
  exit 1
fi

mkdir -p "build/$preset"
log=build/$preset/configure.log
printf 'build: configuring %s\n' "$preset"
if ! cmake --preset "$preset" >"$log" 2>&1; then
  tail -n 40 "$log" >&2
  printf 'build: configuring failed, see above; all of it is in %s\n' "$log" >&2
  exit 1
fi

[ -t 1 ] && terminal=true || terminal=false
open=false    # A line of progress is on the screen and not ended.
shown=-10
progress() {  # PERCENT SECONDS
  local line
  line=$(printf 'build: %3d %%  %d:%02d' "$1" $(($2 / 60)) $(($2 % 60)))
  if $terminal; then
    printf '\r%s' "$line"
    open=true
  elif (($1 / 10 > shown / 10 || ($1 == 100 && shown < 100))); then
    printf '%s\n' "$line"
  else
    return
  fi
  shown=$1
}

# The status that ninja puts before each step is cut off again; whatever else it prints is a
# command's own output.
NINJA_STATUS='@@%p %e@@' cmake --build --preset "$preset" -j "$jobs" "${targets[@]}" 2>&1 |
  while IFS= read -r line; do
    if [[ $line =~ ^@@\ *([0-9]+)%\ +([0-9]+)\.[0-9]+@@ ]]; then
      ((BASH_REMATCH[1] == shown)) || progress "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
    elif [[ $line != "ninja: no work to do." && -n $line ]]; then
      $open && printf '\n'
      open=false
      printf '%s\n' "$line"
    fi
  done
code=${PIPESTATUS[0]}
$terminal && printf '\n'
if [ "$code" -eq 0 ]; then
  printf 'build: %s is built\n' "$preset"
else
  printf 'build: failed, see above (V=1 shows each command)\n' >&2
fi
exit "$code"
