#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# keep.sh GROUPS LOG COMMAND...: runs a program as the only child of a process of its own, in control groups (their
# cgroup.procs files, with spaces between them), prints its pid and ends as it does. Each program of the suite has a parent
# of its own, as services of a host have: one parent for all would make different programs of one interpreter siblings.
groups=$1 log=$2
shift 2
for each in $groups; do echo 0 > "$each" || exit 125; done
"$@" >> "$log" 2>&1 <&0 &
echo $!
exec >&-
wait $!
