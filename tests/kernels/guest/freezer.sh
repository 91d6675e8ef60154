# SPDX-License-Identifier: Apache-2.0
# Sourced by init.sh: four processes of a thread that runs, one that wants a mutex and one that receives
# are held: by the freezer of cgroup v2, by that of v1 (where the kernel has it), by SIGSTOP, by a tracer.
held_start() {  # NAME [FILE to join]
  (
    [ $# -lt 2 ] || echo 0 >"$2"
    exec /held "$1"
  ) >/dev/null 2>&1 &
  eval "held_$1=$!"
}

held_end() {
  echo 0 >/sys/fs/cgroup/cold/cgroup.freeze
  [ -z "$v1" ] || echo THAWED >$v1/freezer.state
  kill -9 $tracer $held_frozen $held_chilled $held_halted $held_traced 2>/dev/null
  wait $tracer $held_frozen $held_chilled $held_halted $held_traced
  rmdir /sys/fs/cgroup/cold $v1
}

play_freezer() {
  v1=${v1_freezer:+$v1_freezer/cold} held_chilled=
  mkdir -p /sys/fs/cgroup/cold $v1
  held_start frozen /sys/fs/cgroup/cold/cgroup.procs
  [ -z "$v1" ] || held_start chilled $v1/cgroup.procs
  held_start halted
  held_start traced
  sleep 2  # The agent sees them as they are.
  echo 1 >/sys/fs/cgroup/cold/cgroup.freeze
  [ -z "$v1" ] || echo FROZEN >$v1/freezer.state
  kill -STOP $held_halted
  /trace $held_traced &
  tracer=$!
  echo "@@ freezers"
  grep -q '^freezer' /proc/cgroups && echo v1
  echo v2
  echo "@@ held"
  echo "frozen ${v1:+chilled} halted traced"
  sleep 3
  pools first
  sleep 4
  pools second
  held_end
}
