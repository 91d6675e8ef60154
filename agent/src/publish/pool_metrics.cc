// SPDX-License-Identifier: Apache-2.0
#include "agent/src/publish/pool_metrics.h"

#include <cstddef>

namespace loadline::agent {
namespace {

using enum MetricType;

// The reason of time that is not a wait.
constexpr std::string_view kNone = "none";

void EmitThreads(const PoolSeries& pool, Samples& out) {
  out.Add({"working"}, pool.threads.working);
  out.Add({"runnable"}, pool.threads.runnable);
  out.Add({"waiting"}, pool.threads.waiting);
  out.Add({"idle"}, pool.threads.idle);
}

void EmitThreadSeconds(const PoolSeries& pool, Samples& out) {
  out.Add({"working", kNone}, pool.totals.on_cpu);
  out.Add({"runnable", kNone}, pool.totals.RunQueue());
  for (std::size_t i = 0; i < pool.totals.blocked.size(); ++i) {
    const auto reason = static_cast<WaitReason>(i);
    // A reason that never occurred would be a series for nothing: most pools know three of them.
    if (pool.totals.blocked[i] > Clock::Duration::zero()) {
      out.Add({Info(reason).idle ? "idle" : "waiting", Name(reason)}, pool.totals.blocked[i]);
    }
  }
}

void EmitRunqueueWait(const PoolSeries& pool, Samples& out) {
  out.Add({"self"}, pool.totals.runq_self);
  out.Add({"neighbour"}, pool.totals.runq_neighbour);
  out.Add({"throttled"}, pool.totals.runq_throttled);
  out.Add({"unattributed"}, pool.totals.runq_unattributed);
}

void EmitOldestWait(const PoolSeries& pool, Samples& out) {
  for (std::size_t i = 0; i < pool.waits.size(); ++i) {
    const auto reason = static_cast<WaitReason>(i);
    if (pool.waits[i].threads > 0 && !Info(reason).idle) {
      out.Add({Name(reason)}, pool.waits[i].oldest);
    }
  }
}

void EmitEventLoopBlocked(const PoolSeries& pool, Samples& out) {
  for (std::size_t i = 0; i < pool.totals.loop_blocked.size(); ++i) {
    if (pool.totals.loop_blocked[i] > Clock::Duration::zero()) {
      out.Add({LoopBlockedName(i)}, pool.totals.loop_blocked[i]);
    }
  }
}

void EmitLost(const PoolSeries& pool, Samples& out) {
  for (const CauseInfo& info : kCauses) {
    const Clock::Duration lost = pool.lost[static_cast<std::size_t>(info.cause)];
    if (lost > Clock::Duration::zero()) {
      out.Add({info.name}, lost);
    }
  }
}

void EmitSeverity(const PoolSeries& pool, Samples& out) {
  for (std::size_t i = 0; i < pool.severities.size(); ++i) {
    if (pool.severities[i] > 0) {
      out.Add({Name(static_cast<Severity>(i))}, pool.severities[i]);
    }
  }
}

void EmitOffcpuLatency(const PoolSeries& pool, Samples& out) {
  for (const auto& [kind, waits] : pool.latencies) {
    if (kind != kRunQueueKind) {
      out.AddHistogram({Name(static_cast<WaitReason>(kind))}, waits);
    }
  }
}

constexpr auto kPoolRows = std::to_array<MetricRow<PoolSeries>>({
    {.name = "loadline_threads",
     .type = kGauge,
     .labels = {"state"},
     .help = "Threads by what they do now: working, runnable, waiting or idle.",
     .emit = EmitThreads},
    {.name = "loadline_processes",
     .type = kGauge,
     .help = "Processes that have threads in the pool now. In the pool other each counts once for "
             "each of its pools that is added up there.",
     .emit = [](const PoolSeries& pool, Samples& out) { out.Add(pool.processes); }},
    {.name = "loadline_thread_seconds_total",
     .type = kCounter,
     .labels = {"state", "reason"},
     .help = "Time of threads by what they did. The reason is that of the wait, and none for "
             "working and runnable.",
     .emit = EmitThreadSeconds},
    {.name = "loadline_runqueue_wait_seconds_total",
     .type = kCounter,
     .labels = {"cause"},
     .help = "Time that threads could have run and had no CPU, by who had it: self is the same "
             "pool, neighbour anybody else, throttled the CPU quota.",
     .emit = EmitRunqueueWait},
    {.name = "loadline_context_switches_total",
     .type = kCounter,
     .labels = {"kind"},
     .help = "Times that a thread left the CPU, voluntary to wait or involuntary.",
     .emit =
         [](const PoolSeries& pool, Samples& out) {
           out.Add({"voluntary"}, pool.totals.switches_voluntary);
           out.Add({"involuntary"}, pool.totals.switches_involuntary);
         }},
    {.name = "loadline_peer_threads",
     .type = kGauge,
     .labels = {"peer"},
     .help = "Threads that wait for this peer now: an address, or the path of a Unix socket. The "
             "busiest peers of a pool, the rest as other.",
     .emit =
         [](const PoolSeries& pool, Samples& out) {
           for (const auto& [address, peer] : pool.peers) {
             out.Add({address}, peer.threads);
           }
         }},
    {.name = "loadline_peer_wait_seconds_total",
     .type = kCounter,
     .labels = {"peer"},
     .help = "Time that threads waited for this peer.",
     .emit =
         [](const PoolSeries& pool, Samples& out) {
           for (const auto& [address, peer] : pool.peers) {
             out.Add({address}, peer.total);
           }
         }},
    {.name = "loadline_oldest_wait_seconds",
     .type = kGauge,
     .labels = {"reason"},
     .help = "How long the oldest wait in progress has lasted, by its reason: of all threads that "
             "wait for it now and are not idle.",
     .turn = Turn::kSecond,
     .emit = EmitOldestWait},
    {.name = "loadline_neighbour_seconds_total",
     .type = kCounter,
     .labels = {"neighbour"},
     .help = "Time that threads waited for a CPU, by the process that had it. The largest of a "
             "pool, the rest as other; unknown has ended since.",
     .turn = Turn::kSecond,
     .emit =
         [](const PoolSeries& pool, Samples& out) {
           for (const auto& [process, total] : pool.neighbours) {
             out.Add({process}, total);
           }
         }},
    {.name = "loadline_event_loop_blocked_seconds_total",
     .type = kCounter,
     .labels = {"reason"},
     .help = "Time that threads which live in poll were kept from it: by waits for something else, "
             "by their reason, or running, for 50 ms or more at once.",
     .turn = Turn::kSecond,
     .emit = EmitEventLoopBlocked},
    {.name = "loadline_lost_seconds_total",
     .type = kCounter,
     .labels = {"cause"},
     .help = "Time of threads that was not rest, by what it went to. A cause that never occurred "
             "has no series.",
     .emit = EmitLost},
    {.name = "loadline_pool_severity",
     .type = kGauge,
     .labels = {"severity"},
     .help = "Processes whose pool is in this state: exhausted and stuck have nobody free, tight "
             "now and then, ample and busy are in no trouble, unknown cannot be told.",
     .emit = EmitSeverity},
    {.name = "loadline_runqueue_latency_seconds",
     .type = kHistogram,
     .help = "How long threads waited for a CPU, each time that they got one. The most active "
             "pools; all others together are the pool other.",
     .turn = Turn::kLast,
     .emit =
         [](const PoolSeries& pool, Samples& out) {
           if (const auto waits = pool.latencies.find(kRunQueueKind);
               waits != pool.latencies.end()) {
             out.AddHistogram({}, waits->second);
           }
         }},
    {.name = "loadline_offcpu_latency_seconds",
     .type = kHistogram,
     .labels = {"reason"},
     .help = "How long waits lasted that ended, by their reason, without the wait for a CPU that "
             "follows.",
     .turn = Turn::kLast,
     .emit = EmitOffcpuLatency},
});

constexpr MetricTable<PoolSeries> kPoolTable = {
    .rows = kPoolRows,
    .labels = {"process", "pool", "container"},
    .values =
        [](const PoolSeries& pool) {
          return LabelValues{pool.process, pool.pool, pool.container};
        },
};

}  // namespace

const MetricTable<PoolSeries>& PoolMetrics() { return kPoolTable; }

}  // namespace loadline::agent
