#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# First process of a guest: runs the agent with each source beside the workload, and writes on the
# console what the judge needs, between marks. The sources stand in /sources, one a line; "deep" is
# the command of that name.
/bin/busybox --install -s /bin
export PATH=/bin HOME=/ TERM=dumb
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
mkdir -p /run /tmp/run
ifconfig lo 127.0.0.1 up
PORT=9435

pools() {  # NAME: prints what all pools have summed up.
  echo "@@ $1"
  /fetch $PORT /api/v1/pools
}

measure() {  # SOURCE
  loadline agent --source="$1" --runtime-dir=/tmp/run --listen=127.0.0.1:$PORT 2>/tmp/log &
  agent=$!
  # TCG takes its time to load the programs; the agent ends by itself where it cannot run.
  for second in $(seq 60); do
    kill -0 $agent 2>/dev/null || break
    /fetch $PORT /-/ready >/dev/null && break
    sleep 1
  done
  if kill -0 $agent 2>/dev/null; then
    sleep 2
    pools first
    sleep 5
    pools second
    kill $agent
  fi
  wait $agent
  code=$?
  echo "@@ code"
  echo $code
  echo "@@ log"
  cat /tmp/log
  rm -rf /tmp/run/*
}

graph() {  # Who waits for whom, in one line.
  loadline deep --seconds=3 --budget-cpu=100 --process=workload --json >/tmp/graph 2>/tmp/log
  code=$?
  echo "@@ graph"
  tr -d '\n' </tmp/graph
  echo
  echo "@@ code"
  echo $code
  echo "@@ log"
  cat /tmp/log
}

/workload >/tmp/workload.log 2>&1 &
sleep 1
echo "@@ kernel"
uname -r
echo "@@ workload"
cat /tmp/workload.log
for source in $(cat /sources); do
  echo "@@ source"
  echo "$source"
  if [ "$source" = deep ]; then graph; else measure "$source"; fi
done
echo "@@ end"
poweroff -f
