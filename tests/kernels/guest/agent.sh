# SPDX-License-Identifier: Apache-2.0
# Sourced by init.sh: the agent of a run, what it says, and waiting without a deadline.
PORT=9435
STILL_MAX_S=30

section() {
  echo "## $(cut -d ' ' -f 1 /proc/uptime) s after the start"
  echo "@@ section"
  echo "$1"
}

pools() {  # NAME: prints what all pools have summed up.
  echo "@@ $1"
  /fetch $PORT /api/v1/pools
}

losses() {  # NAME
  echo "@@ $1"
  /fetch $PORT /metrics | grep '^loadline_agent_lost_total'
}

cpu_ticks() { cut -d ' ' -f 14,15 "/proc/$1/stat" 2>/dev/null; }

# await WHAT PID COMMAND...: until COMMAND succeeds. However slow the guest is, it waits as long as the
# process gets on; gives up when it is gone, or when it has used no CPU for STILL_MAX_S.
await() {
  what=$1 process=$2 still=0 ticks=
  shift 2
  until "$@" >/dev/null 2>&1; do
    kill -0 "$process" 2>/dev/null || return 1
    now=$(cpu_ticks "$process")
    still=$((still + 1))
    [ "$now" = "$ticks" ] || still=0
    ticks=$now
    if [ $still -ge $STILL_MAX_S ]; then
      echo "## $what: no progress for $STILL_MAX_S s"
      return 1
    fi
    echo "## waiting for $what"
    sleep 1
  done
}

# No budget: what a guest's slow CPU makes dear is not to be left out.
agent_start() {  # SOURCE; fails if there is none.
  agent_source=$1
  loadline agent --source="$1" --runtime-dir=/tmp/run --listen=127.0.0.1:$PORT --budget-cpu=0 \
    2>/tmp/log &
  agent=$!
  await "the agent" $agent /fetch $PORT /-/ready || {
    agent_stop
    return 1
  }
}

agent_stop() {
  alive=no
  kill $agent 2>/dev/null && alive=yes
  wait $agent
  code=$?
  section "agent $agent_source"
  echo "@@ alive"
  echo $alive
  echo "@@ code"
  echo $code
  echo "@@ log"
  cat /tmp/log
  rm -rf /tmp/run/*
}

workload_start() {
  rm -f /tmp/workload.log
  /workload >/tmp/workload.log 2>&1 &
  workload=$!
  await "the workload" $workload test -s /tmp/workload.log
}

workload_stop() {
  [ -z "$workload" ] || kill -9 $workload
  workload=
}

peer() {
  echo "@@ peer"
  cat /tmp/workload.log
}
