// SPDX-License-Identifier: Apache-2.0
#include "agent/demo/pool_summary.h"

#include <algorithm>

namespace loadline::demo {
namespace {

// The pool that runs the requests: one that the service registered, else the one with most threads.
const PoolView* MainPool(const HostView& host, pid_t pid) {
  const PoolView* main = nullptr;
  for (const PoolView& pool : host.pools) {
    const bool better = main == nullptr || (pool.registered && !main->registered) ||
                        (pool.registered == main->registered && pool.threads > main->threads);
    if (pool.pid == pid && better) {
      main = &pool;
    }
  }
  return main;
}

}  // namespace

void PoolSummary::Add(const HostView& host, bool slow) {
  const PoolView* pool = MainPool(host, pid_);
  if (pool == nullptr) {
    return;
  }
  const int threads_peak = std::max(figures_.threads_peak, pool->threads);
  if (figures_.pool.empty() || (slow && pool->waiting > figures_.waiting)) {
    figures_ = {.pool = pool->pool,
                .threads = pool->threads,
                .waiting = pool->waiting,
                .idle = pool->idle,
                .reason = {},
                .reason_threads = 0,
                .peer = {},
                .peer_threads = 0};
    if (slow && !pool->waits.empty()) {
      figures_.reason = pool->waits.front().name;
      figures_.reason_threads = pool->waits.front().threads;
    }
    if (slow && figures_.reason == "network" && !pool->peers.empty()) {
      figures_.peer = pool->peers.front().name;
      figures_.peer_threads = pool->peers.front().threads;
    }
  }
  figures_.threads_peak = threads_peak;
}

}  // namespace loadline::demo
