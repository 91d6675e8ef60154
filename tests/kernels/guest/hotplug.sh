# SPDX-License-Identifier: Apache-2.0
# Sourced by init.sh: CPU 1 goes and comes back, twice, under the pools of /workload.
play_hotplug() {
  online=/sys/devices/system/cpu/cpu1/online
  pools first
  losses losses_first
  echo "@@ cpus"
  for round in 1 2; do
    for state in 0 1; do
      echo $state >$online
      cat /sys/devices/system/cpu/online
      sleep 2
    done
  done
  pools second
  losses losses_second
}
