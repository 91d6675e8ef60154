#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# deps.sh GROUP...: installs with apt what is missing of the groups in packages.txt, and shows one
# line for each package. Nothing missing: asks for no privilege and no network.
#
# Another program may hold apt's or dpkg's lock, as unattended upgrades do on a fresh cloud machine:
# that is waited for, LOCK_SECONDS (120) at most. Exit codes: 0 all there, 2 no such group, 3 apt
# could not install. PREFIX of every line: "deps:".
set -euo pipefail
list="$(dirname "$0")/packages.txt"
lock_seconds=${LOCK_SECONDS:-120}

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

# Of apt before it starts, and of dpkg, which may lose the lock between two packages.
held_words='held by process|Resource temporarily unavailable|is another process using it'
held_words+='|locked by another process'
log=$(mktemp)
trap 'rm -f "$log"' EXIT
total=0

# Shows a line for each package that is installed. apt reports steps as pmstatus:PACKAGE:PERCENT:TEXT.
show() {
  local count=0 line name
  while IFS= read -r line; do
    if [[ $line == pmstatus:*:*:Installed* ]]; then
      count=$((count + 1))
      name=${line#pmstatus:}
      printf 'deps: [%*d/%d] %s\n' ${#total} "$count" "$total" "${name%%:*}"
    fi
  done
}

# apt reports on descriptor 3, and everything else that it and the packages' scripts print goes into the
# log. Not on 1: apt closes the descriptor of its reports for the programs that it runs, and a script
# whose output is closed fails.
run_apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C \
    sh -c 'exec apt-get "$@" 3>&1 >&2' apt -o Dpkg::Use-Pty=false -o APT::Status-Fd=3 "$@" 2>>"$log"
}

# Does the log say that another program holds a lock? One that may not be opened is no such case.
held() {
  ! grep -qE 'Permission denied|Read-only file system' "$log" &&
    grep -qE "$held_words" "$log"
}

# Runs a command of apt, and again each 2 s while another program holds a lock.
apt() {
  local since=$SECONDS code said=false holder
  while true; do
    : >"$log"
    code=0
    run_apt "$@" | show || code=$?
    if [ "$code" -eq 0 ]; then
      return
    fi
    held || break
    if ((SECONDS - since >= lock_seconds)); then
      echo "deps: another program still holds the package lock after $lock_seconds s" >&2
      break
    fi
    if ! $said; then
      said=true
      holder=$(sed -nE 's/.*held by process ([0-9]+ \([^)]*\)).*/, process \1,/p' "$log" | head -n 1)
      echo "deps: another program$holder holds the package lock: waiting, $lock_seconds s at most"
    fi
    sleep 2
  done
  tail -n 30 "$log" >&2
  echo "deps: apt-get failed, see above" >&2
  exit 3
}

echo "deps: installing ${#missing[@]} packages of: $*"
apt update
# With what they depend on: some hundred on a new machine.
total=$(LC_ALL=C apt-get install -s --no-install-recommends "${missing[@]}" 2>/dev/null |
  grep -c '^Inst ' || true)
apt install -y --no-install-recommends "${missing[@]}"
echo "deps: done"
