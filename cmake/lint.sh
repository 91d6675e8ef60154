#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lint.sh [--changed] [PRESET]: form, clang-tidy and the rules of the tree; exit 1 on any finding.
# clang-tidy reads build/PRESET/compile_commands.json (default: debug, else release), so configure and
# build that preset first: generated headers must exist. --changed: only files that differ from main.
set -euo pipefail
cd "$(dirname "$0")/.."

changed_only=false
if [[ "${1:-}" == --changed ]]; then
  changed_only=true
  shift
fi
preset="${1:-debug}"
if [[ $# -eq 0 && ! -f build/debug/compile_commands.json ]]; then
  preset=release
fi
database="build/${preset}/compile_commands.json"
failed=0

tracked() {  # Of those asked for, the files that exist and are in question.
  if $changed_only; then
    git diff --name-only --diff-filter=d "$(git merge-base HEAD main)" -- "$@"
  else
    git ls-files -- "$@"
  fi
}

mapfile -t formatted < <(tracked '*.cc' '*.h' ':!bpf')
if ((${#formatted[@]})); then
  clang-format --dry-run -Werror "${formatted[@]}" || failed=1
fi
echo "lint: form of ${#formatted[@]} files"

python3 tests/arch/check_tree.py . || failed=1
python3 tests/arch/check_docs.py . || failed=1

if [[ ! -f "$database" ]]; then
  echo "lint: no ${database}: run 'cmake --preset ${preset}' and build it" >&2
  exit 1
fi
mapfile -t tidied < <(tracked 'controller/*.cc' 'sdk/*.cc' 'agent/*.cc' |
  while read -r file; do
    if grep -qF "\"file\": \"${PWD}/${file}\"" "$database"; then echo "$file"; fi
  done)
if ((${#tidied[@]})); then
  # -Wno-...: gcc's warning names, which clang does not know.
  printf '%s\0' "${tidied[@]}" | xargs -0 -P "$(nproc)" -n 1 \
    clang-tidy --quiet -p "build/${preset}" --extra-arg=-Wno-unknown-warning-option || failed=1
fi
echo "lint: clang-tidy on ${#tidied[@]} files"
exit "$failed"
