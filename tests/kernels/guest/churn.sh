# SPDX-License-Identifier: Apache-2.0
# Sourced by init.sh: /storm makes and renames threads by the thousand; 2 s later, whose names and slots
# are wrong, and what was lost on the way? What the kernel itself counts as skipped runs of the agent's
# programs is asked besides.
play_churn() {
  losses losses_before
  /storm >/tmp/storm.log 2>&1 &
  storm=$!
  await "the storm" $storm grep -q '^kept' /tmp/storm.log
  sleep 2
  pools first
  sleep 2
  losses losses_second
  echo "@@ skipped"
  cat /proc/$agent/fdinfo/* 2>/dev/null | sed -n 's/^recursion_misses:[[:space:]]*//p'
  echo "@@ told"
  cat /tmp/storm.log
  kill -9 $storm
}
