#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lint.sh [PART...]: reads the tree and runs nothing of it; exit 1 on any finding.
#
#   form      clang-format, of every C++ file but bpf
#   rules     include arrows, bans, links of documents: tests/arch
#   threads   clang's thread-safety analysis, and that each source includes what it uses
#   tidy      clang-tidy on the whole product, what changed first: see cmake/lint/tidy.py
#   changed   clang-tidy on what changed only
#
# Without PART: form, rules, threads, tidy. The last three configure build/lint, which compiles
# nothing: it says how clang would, and generates the headers of protobuf and of the probes.
set -euo pipefail
cd "$(dirname "$0")/.."
export PYTHONDONTWRITEBYTECODE=1
# git refuses the clone of another user, which root often has before it.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0="$PWD"
failed=0
prepared=false

form() {
  local files
  mapfile -t files < <(git ls-files -- '*.cc' '*.h' ':!bpf')
  printf '%s\0' "${files[@]}" |
    xargs -0 -n 40 -P "$(nproc)" clang-format --dry-run -Werror || failed=1
  echo "lint: form of ${#files[@]} files"
}

rules() {
  python3 tests/arch/check_tree.py . || failed=1
  python3 tests/arch/check_docs.py . || failed=1
}

generate() {
  local headers
  cmake --preset lint &&
    headers=$(ninja -C build/lint -t targets all |
      sed -nE 's/^([^/].*\.(pb|skel)\.h): .*/\1/p') &&
    xargs ninja -C build/lint <<<"$headers"
}

prepare() {
  $prepared && return
  prepared=true
  mkdir -p build/lint
  generate >build/lint/prepare.log 2>&1 || { cat build/lint/prepare.log >&2; exit 1; }
}

(($#)) || set -- form rules threads tidy
for part in "$@"; do
  case "$part" in
    form | rules) "$part" ;;
    threads) prepare; python3 cmake/lint/threads.py || failed=1 ;;
    tidy) prepare; python3 cmake/lint/tidy.py || failed=1 ;;
    changed) prepare; python3 cmake/lint/tidy.py --changed || failed=1 ;;
    *) echo "lint: no part \"$part\": form, rules, threads, tidy, changed" >&2; exit 2 ;;
  esac
done
exit "$failed"
