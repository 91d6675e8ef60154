# SPDX-License-Identifier: Apache-2.0
# Sourced by init.sh: /waits, in which each thread waits in one known way and in no other.
play_reasons() {
  /waits >/tmp/waits.log 2>&1 &
  waits=$!
  await "the known waits" $waits grep -q '^end$' /tmp/waits.log
  sleep 3
  echo "@@ told"
  cat /tmp/waits.log
  pools second
  losses losses
  kill -9 $waits
}
