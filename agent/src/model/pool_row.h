// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/src/model/cause.h"
#include "agent/src/model/severity.h"
#include "agent/src/sampler/control_groups.h"
#include "agent/src/sampler/thread_sample.h"
#include "loadline/clock.h"
#include "loadline/control/kernel_classifier.h"
#include "loadline/signal.h"
#include "loadline/wait_reason.h"

namespace loadline::agent {

// Threads by what they do at this moment.
struct ThreadCounts {
  int working = 0;   // On a CPU.
  int runnable = 0;  // Waiting for a CPU.
  int waiting = 0;
  int idle = 0;  // Waiting for work, on evidence.

  int all() const { return working + runnable + waiting + idle; }
  ThreadCounts& operator+=(const ThreadCounts& other);
  friend bool operator==(const ThreadCounts&, const ThreadCounts&) = default;
};

struct WaitingNow {
  int threads = 0;
  Clock::Duration oldest{};
};

// What the threads of a pool do at this moment. Figures of several processes add up: a new one is
// added here, in its addition, and where HostModel finds it.
struct PoolNow {
  ThreadCounts threads;
  std::array<WaitingNow, kWaitReasonCount> waits{};
  std::array<int, kHolderCount> held{};  // Of those that are stopped: by whom.
  int event_loops = 0;                   // Threads that live in poll.
  int processes = 0;                     // That have threads in it.

  PoolNow& now() { return *this; }
  const PoolNow& now() const { return *this; }
  void AddUp(const PoolNow& other);
};

struct PeerRow {
  std::string address;
  int threads = 0;              // Waiting for it now.
  Clock::Duration total{};      // Only grows.
  Clock::Duration increment{};  // Of total, by the last reading.
};

// A futex that threads of a pool waited on: what a lock or a condition is known by.
struct FutexRow {
  std::uint64_t address = 0;  // In the process.
  int threads = 0;            // Waiting on it now.
  Clock::Duration oldest{};   // Of their waits.
  Clock::Duration total{};    // Of waits that ended.
  std::uint64_t waits = 0;
};

// A process that ran while threads of a pool waited for a CPU.
struct NeighbourRow {
  std::string process;
  Clock::Duration total{};
  Clock::Duration increment{};
};

// How long waits of one kind lasted.
struct LatencyRow {
  std::size_t kind = 0;  // A WaitReason, or kRunQueueKind.
  std::uint64_t count = 0;
  Clock::Duration sum{};
  Clock::Duration p50{};  // These three of the last 30 to 60 readings.
  Clock::Duration p90{};
  Clock::Duration p99{};
  LatencyHistogram::Classic increment = {};  // By the last reading.
};

// What kept event loops of a pool from their poll. Indexed by WaitReason, kLoopRan for computing.
inline constexpr std::size_t kLoopRan = kWaitReasonCount;
using LoopBlocked = std::array<Clock::Duration, kWaitReasonCount + 1>;
constexpr std::string_view LoopBlockedName(std::size_t i) {
  return i == kLoopRan ? "running" : Name(static_cast<WaitReason>(i));
}

// What a pool counted: totals, which only grow, or by how much they grew.
struct PoolSums : PoolCounters {
  LoopBlocked loop_blocked{};

  using PoolCounters::operator+=;
  PoolSums& operator+=(const PoolSums& other);
};

// What holds a pool back.
struct PoolBottleneck {
  control::Diagnosis diagnosis = {};
  std::string subject;  // Who or what to look at: a peer, a lock, a neighbour; may be empty.
  bool told = false;    // By the process itself; else by the kernel's counters.
};

// One pool of one process after one reading.
struct PoolRow : PoolNow {
  std::string process;
  pid_t pid = 0;
  pid_t pid_inner = 0;    // As the process itself sees it.
  std::string container;  // Or unit; empty: neither, or not known.
  ControlGroups groups;
  std::string pool;
  bool registered = false;
  std::vector<PeerRow> peers;                // Most threads first.
  std::uint64_t home = 0;                    // Futex on which its threads are idle, learned; or 0.
  std::vector<FutexRow> futexes;             // Most threads first, then most time.
  std::vector<NeighbourRow> neighbours;      // Most time first.
  std::vector<LatencyRow> latencies;         // Of kinds that occurred, where they are counted.
  std::vector<std::uint32_t> pool_numbers;   // Of its threads, see ThreadSample; in order.
  PoolSums totals;                           // Only grow, also when threads end.
  PoolSums increment;                        // Of totals, by the last reading.
  std::optional<PoolBottleneck> bottleneck;  // See BottleneckBook.
  // Time of threads by what it was lost to, by the last reading; and how bad that is for its
  // service (nullopt: not judged).
  std::array<Clock::Duration, kCauseCount> lost{};
  std::optional<Severity> severity;
};

// Thread time of `counters` that somebody may care about: running, queued, or held up by a lock, a
// peer, a disk or memory. What pools are ranked by where there is room for some only; a shell that
// waits for its child ranks behind.
Clock::Duration Activity(const PoolCounters& counters);

}  // namespace loadline::agent
