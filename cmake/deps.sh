#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# deps.sh GROUP...: installs with apt what is missing of the groups in packages.txt, and says what.
# Nothing missing: asks for no privilege and no network. PREFIX of every line: "deps:".
set -euo pipefail
list="$(dirname "$0")/packages.txt"

missing=()
for group in "$@"; do
  grep -q "^$group " "$list" || { echo "deps: no group \"$group\" in $list" >&2; exit 2; }
  while read -r package; do
    state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
  done < <(awk -v group="$group" '$1 == group { print $2 }' "$list")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "deps: all packages of: $* are installed"
  exit 0
fi

command -v apt-get >/dev/null || {
  echo "deps: needs apt (Debian 12 or later); install by hand: ${missing[*]}" >&2
  exit 3
}
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "deps: run as root, or install sudo, to get: ${missing[*]}" >&2
    exit 3
  }
  as_root=(sudo)
fi
echo "deps: installing ${#missing[@]} packages: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 30 "$log" >&2
  echo "deps: apt-get failed, see above" >&2
  exit 3
fi
echo "deps: done"
