#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# First process of a guest: runs the agent with each source, plays scenarios beside it, and writes on
# the console what the judges need, between marks:
#
#   @@ section        The next line says which: "SCENARIO SOURCE".
#   @@ NAME           What follows is the part of that name.
#   ## TEXT           Progress, which no judge reads.
#
# The plan stands on the kernel's command line: loadline.plan=bpf:base+quota,iter:base,deep:graph
/bin/busybox --install -s /bin
export PATH=/bin HOME=/ TERM=dumb
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup
# The agent looks for hierarchies when it starts.
v1_freezer=
if grep -q '^freezer' /proc/cgroups; then
  mkdir /tmp/v1
  mount -t cgroup -o freezer freezer /tmp/v1 && v1_freezer=/tmp/v1
fi
mkdir -p /run /tmp/run
ifconfig lo 127.0.0.1 up
for part in /guest/*.sh; do
  . "$part"
done

play_all() {  # SOURCE SCENARIO...
  source=$1
  shift
  workload_start
  if [ "$source" = deep ]; then
    section "graph deep"
    play_graph
  elif agent_start "$source"; then
    for scenario in "$@"; do
      case $scenario in base | hotplug) ;; *) workload_stop ;; esac
      section "$scenario $source"
      "play_$scenario"
    done
    agent_stop
  fi
  workload_stop
}

echo "@@ kernel"
uname -r
plan=$(tr ' ' '\n' </proc/cmdline | sed -n 's/^loadline.plan=//p')
for run in $(echo "$plan" | tr ',' ' '); do
  play_all "${run%%:*}" $(echo "${run#*:}" | tr '+' ' ')
done
echo "@@ end"
poweroff -f
