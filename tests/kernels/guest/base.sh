# SPDX-License-Identifier: Apache-2.0
# Sourced by init.sh: the pools of /workload, which was there before the agent, and the graph of them.
play_base() {
  peer
  sleep 2
  pools first
  sleep 5
  pools second
}

play_graph() {  # Who waits for whom, in one line.
  peer
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
