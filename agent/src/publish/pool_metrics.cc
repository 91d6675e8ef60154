// SPDX-License-Identifier: Apache-2.0
#include "agent/src/publish/pool_metrics.h"

#include <chrono>
#include <cstddef>

namespace loadline::agent {
namespace {

// The reason of time that is not a wait.
constexpr std::string_view kNone = "none";

double Seconds(Clock::Duration duration) { return std::chrono::duration<double>(duration).count(); }

void AddThreads(const PoolSeries& pool, Families& families) {
  const auto add = [&](std::string_view state, int threads) {
    families.Add(MetricId::kThreads, {pool.process, pool.pool, pool.container, state}, threads);
  };
  add("working", pool.threads.working);
  add("runnable", pool.threads.runnable);
  add("waiting", pool.threads.waiting);
  add("idle", pool.threads.idle);
}

void AddThreadSeconds(const PoolSeries& pool, Families& families) {
  const auto add = [&](std::string_view state, std::string_view reason, Clock::Duration time) {
    families.Add(MetricId::kThreadSeconds, {pool.process, pool.pool, pool.container, state, reason},
                 Seconds(time));
  };
  add("working", kNone, pool.totals.on_cpu);
  add("runnable", kNone, pool.totals.RunQueue());
  for (std::size_t i = 0; i < pool.totals.blocked.size(); ++i) {
    const auto reason = static_cast<WaitReason>(i);
    // A reason that never occurred would be a series for nothing: most pools know three of them.
    if (pool.totals.blocked[i] > Clock::Duration::zero()) {
      add(IsIdle(reason) ? "idle" : "waiting", Name(reason), pool.totals.blocked[i]);
    }
  }
}

void AddRunQueue(const PoolSeries& pool, Families& families) {
  const auto add = [&](std::string_view cause, Clock::Duration time) {
    families.Add(MetricId::kRunqueueWait, {pool.process, pool.pool, pool.container, cause},
                 Seconds(time));
  };
  add("self", pool.totals.runq_self);
  add("neighbour", pool.totals.runq_neighbour);
  add("throttled", pool.totals.runq_throttled);
  add("unattributed", pool.totals.runq_unattributed);
}

void AddSwitches(const PoolSeries& pool, Families& families) {
  const auto add = [&](std::string_view kind, std::int64_t count) {
    families.Add(MetricId::kContextSwitches, {pool.process, pool.pool, pool.container, kind},
                 static_cast<double>(count));
  };
  add("voluntary", pool.totals.switches_voluntary);
  add("involuntary", pool.totals.switches_involuntary);
}

void AddEventLoops(const PoolSeries& pool, Families& families) {
  for (std::size_t i = 0; i < pool.loop_blocked.size(); ++i) {
    if (pool.loop_blocked[i] > Clock::Duration::zero()) {
      families.Add(MetricId::kEventLoopBlocked,
                   {pool.process, pool.pool, pool.container, LoopBlockedName(i)},
                   Seconds(pool.loop_blocked[i]));
    }
  }
}

void AddBottleneck(const PoolSeries& pool, Families& families) {
  if (pool.bottlenecks.empty()) {  // Not known yet, or threads of the kernel.
    return;
  }
  for (const auto& [what, processes] : pool.bottlenecks) {
    const auto& [bottleneck, modifier] = what;
    const bool modified = modifier != control::Bottleneck::kHealthy;
    families.Add(MetricId::kBottleneck,
                 {pool.process, pool.pool, pool.container, Name(bottleneck),
                  modified ? Name(modifier) : std::string_view()},
                 processes);
  }
  families.Add(MetricId::kBottleneckConfidence, {pool.process, pool.pool, pool.container},
               pool.bottleneck_confidence);
}

void AddLatencies(const PoolSeries& pool, Families& families) {
  for (const auto& [kind, waits] : pool.latencies) {
    if (kind == kRunQueueKind) {
      families.AddHistogram(MetricId::kRunqueueLatency, {pool.process, pool.pool, pool.container},
                            waits);
    } else {
      families.AddHistogram(
          MetricId::kOffcpuLatency,
          {pool.process, pool.pool, pool.container, Name(static_cast<WaitReason>(kind))}, waits);
    }
  }
}

}  // namespace

void AddPoolMetrics(const HostView& view, Families& families) {
  for (const PoolSeries& pool : view.series) {
    AddThreads(pool, families);
    AddThreadSeconds(pool, families);
    AddRunQueue(pool, families);
    AddSwitches(pool, families);
    AddBottleneck(pool, families);
    for (const auto& [address, peer] : pool.peers) {
      families.Add(MetricId::kPeerThreads, {pool.process, pool.pool, pool.container, address},
                   peer.threads);
      families.Add(MetricId::kPeerWait, {pool.process, pool.pool, pool.container, address},
                   Seconds(peer.total));
    }
  }
  for (const PoolSeries& pool : view.series) {
    for (const auto& [process, total] : pool.neighbours) {
      families.Add(MetricId::kNeighbour, {pool.process, pool.pool, pool.container, process},
                   Seconds(total));
    }
    AddEventLoops(pool, families);
  }
  for (const PoolSeries& pool : view.series) {  // After what is cheaper and says more.
    AddLatencies(pool, families);
  }
}

}  // namespace loadline::agent
