#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Goal: the probes need CAP_BPF and CAP_PERFMON, and nothing else; without them the cure is named.
# Method: runs the tests of one program (argument 1) as an ordinary user, with setpriv.
[ "$(id -u)" = 0 ] || { echo "skipped: needs root, to become another user"; exit 77; }
command -v setpriv >/dev/null || { echo "skipped: needs setpriv"; exit 77; }

folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder" && install -m 755 "$1" "$folder/program" || exit 1

as_nobody() {  # capabilities, arguments of the program...
  capabilities=$1
  shift
  setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set="-all$capabilities" \
    --inh-caps="-all$capabilities" --ambient-caps="-all$capabilities" "$folder/program" "$@"
}

as_nobody ",+bpf,+perfmon" --gtest_filter='*nanosleep*:*tcp_recv*:*mutex*'
result=$?
[ $result = 77 ] && exit 77
[ $result = 0 ] || { echo "failed with CAP_BPF and CAP_PERFMON"; exit 1; }

refused=$(as_nobody ",+bpf" 2>&1)
[ $? = 77 ] || { echo "not refused without CAP_PERFMON: $refused"; exit 1; }
case $refused in
  *setcap*cap_bpf,cap_perfmon*) echo "refused with the cure: $refused" ;;
  *) echo "the refusal names no cure: $refused"; exit 1 ;;
esac
