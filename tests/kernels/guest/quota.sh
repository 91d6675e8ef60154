# SPDX-License-Identifier: Apache-2.0
# Sourced by init.sh: /bursts wants more CPU than its group may have: in a group of cgroup v2, in one
# below the group that has the quota, and in one of v1. /deadline is held back by its own runtime.

again() {  # Until it succeeds: what the kernel has to tear down before takes a moment.
  for try in 1 2 3 4 5 6 7 8 9 10; do
    "$@" 2>/dev/null && return
    sleep 1
  done
  "$@"
}

bursts_in() {  # CASE GROUP QUOTA_GROUP
  rm -f /tmp/bursts.log
  (
    echo 0 >"$2/cgroup.procs"
    exec /bursts 5
  ) >/tmp/bursts.log 2>&1 &
  bursts=$!
  await "bursts in $1" $bursts grep -q '^wall' /tmp/bursts.log
  sleep 3  # Until a reading has seen the end of it.
  echo "@@ stat $1"
  cat "$3/cpu.stat"
  echo "@@ told $1"
  cat /tmp/bursts.log
  pools "pools $1"
  kill -9 $bursts
  wait $bursts
}

quota_v2() {
  echo +cpu >/sys/fs/cgroup/cgroup.subtree_control
  group=/sys/fs/cgroup/small
  mkdir $group
  echo "40000 100000" >$group/cpu.max
  bursts_in v2 $group $group
  again rmdir $group  # Whose cpu.stat goes on counting.
  mkdir $group
  echo "40000 100000" >$group/cpu.max
  echo +cpu >$group/cgroup.subtree_control
  mkdir $group/inner
  bursts_in parent $group/inner $group
  rmdir $group/inner $group
  echo -cpu >/sys/fs/cgroup/cgroup.subtree_control
}

# After v2, which may not get the controller back from a hierarchy that had groups.
quota_v1() {
  umount /sys/fs/cgroup
  mount -t tmpfs v1 /sys/fs/cgroup
  mkdir /sys/fs/cgroup/cpu
  if again mount -t cgroup -o cpu cpu /sys/fs/cgroup/cpu; then
    group=/sys/fs/cgroup/cpu/small
    mkdir $group
    echo 100000 >$group/cpu.cfs_period_us
    echo 40000 >$group/cpu.cfs_quota_us
    bursts_in v1 $group $group
    umount /sys/fs/cgroup/cpu
  fi
  umount /sys/fs/cgroup
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
}

quota_deadline() {
  /deadline >/tmp/deadline.log 2>&1 &
  deadline=$!
  await "the deadline" $deadline grep -q '^wall' /tmp/deadline.log
  sleep 3
  echo "@@ told deadline"
  cat /tmp/deadline.log
  pools "pools deadline"
  kill -9 $deadline
}

play_quota() {
  quota_v2
  quota_v1
  quota_deadline
}
