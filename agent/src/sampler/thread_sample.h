// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "agent/src/sampler/detail.h"
#include "agent/src/sampler/door.h"
#include "agent/src/sampler/holder.h"
#include "agent/src/sampler/latency_histogram.h"
#include "agent/src/sampler/thread_name.h"
#include "agent/src/sampler/wait_blame.h"
#include "loadline/clock.h"
#include "loadline/signal.h"
#include "loadline/wait_reason.h"
#include "loadline_abi/ledger.h"

namespace loadline::agent {

enum class ThreadState : std::uint8_t { kRunning, kRunnable, kBlocked };

// A slot counts ThreadSample::loop_ran in units that wrap: it begins again at 0 after 52 days.
inline constexpr Clock::Duration kLoopRanWraps{std::int64_t{1} << (32 + LL_LOOP_RAN_SHIFT)};

// An address that a network wait is for, or the path of the Unix socket at its far end.
struct PeerAddress {
  std::string text;  // "10.0.0.5:5432", "[::1]:80", "/run/x.sock"; empty: none or not known.
};

// Which way work goes on the connection that a thread waits for.
enum class Asks : std::uint8_t {
  kUnknown,
  kAnswer,   // It sent something since the last byte came: it waits for an answer.
  kWork,     // It opened the connection, and nothing was sent since the last byte came.
  kRequest,  // The far end opened it: it waits for a request.
};

// One thread, one reading. Totals since the thread was first seen; the interval that is open at
// `taken_at` is included, so that a thread stuck for an hour shows it now. What an open interval
// counts as is provisional: who ran while a thread is queued is known when it runs again, so a
// class may go back a little from one reading to the next, and another forward by as much.
struct ThreadSample {
  pid_t tid = 0;  // In the pid namespace of the agent's host.
  pid_t tgid = 0;
  pid_t tid_inner = 0;              // As the thread itself sees it.
  std::uint64_t started_at_ns = 0;  // start_boottime: with the tid, the identity.
  ThreadName name;
  bool kernel = false;            // A thread of the kernel itself.
  std::uint32_t pool_number = 0;  // The source's own for its pool; 0: it has none.
  ThreadState state = ThreadState::kBlocked;
  WaitReason reason = WaitReason::kOther;  // Of the wait in progress; only for kBlocked.
  Clock::Duration in_state{};              // Age of the open interval.
  PeerAddress peer;                        // Of the wait in progress: kNetwork, or kIpc.
  std::uint64_t futex = 0;                 // Of the same, where it is one on a futex.
  // Of the same: the thread whose tid stands in the lock that is waited for, in the pid namespace
  // of the agent's host; 0: no holder's tid stands there, or it could not be read.
  pid_t lock_owner = 0;
  Asks asks = Asks::kUnknown;  // Of the same, where it is for one connection.
  // Of the same, where it is a poll or an accept: equal for the same object; 0: not known.
  std::uint64_t place = 0;
  Holder holder = Holder::kNone;  // Of the same, where it is kStopped.
  // On CPU for 50 ms or more between two polls, modulo kLoopRanWraps; 0 where the source does not
  // count it.
  Clock::Duration loop_ran{};
  // The interval that is open is not in the counters, nor will it be when it ends.
  bool left_out = false;
  PoolCounters counters;
};

// Threads of one process and name that are gone since the last reading of the host: their last
// totals, so that churn loses nothing. Threads that came and went between two readings included.
// A thread is either here or in HostReading::threads, never in both.
struct ExitedThreads {
  pid_t tgid = 0;
  std::string name;  // Names reduced to their pool: digits replaced by '*'.
  PoolCounters counters;
  std::int64_t threads = 0;
};

// Network waiting that ended, by peer, since the source started.
struct PeerTotal {
  pid_t tgid = 0;
  std::string pool;  // Reduced thread name.
  PeerAddress peer;
  Clock::Duration waited{};
  std::int64_t waits = 0;
};

// Waits on one futex that ended since the reading before.
struct FutexWaits {
  pid_t tgid = 0;
  std::uint32_t pool_number = 0;  // As in ThreadSample.
  std::uint64_t address = 0;
  Clock::Duration waited{};
  std::uint64_t waits = 0;
  pid_t owner = 0;  // Who held it when one of them was looked at, as ThreadSample::lock_owner.
};

// Waits for a CPU that ended since the reading before, while another process ran.
struct NeighbourWaits {
  pid_t tgid = 0;
  std::uint32_t pool_number = 0;
  pid_t neighbour = 0;  // 0: not known any more.
  Clock::Duration waited{};
  std::uint64_t waits = 0;
};

// How long waits of one kind lasted that ended since the reading before.
struct WaitHistogram {
  std::uint32_t histogram = 0;  // As told by Source::SetHistogram(); 0: of all pools without one.
  std::size_t kind = 0;         // A WaitReason, or kRunQueueKind.
  LatencyHistogram waits;
};
inline constexpr std::size_t kRunQueueKind = LL_HISTOGRAM_RUNQ;
inline constexpr std::size_t kWaitKinds = LL_HISTOGRAM_KINDS;

// What the source could not see. Totals since it started; a name per kind, a metric label each.
struct SourceLoss {
  std::string what;
  std::uint64_t total = 0;
};

struct HostReading {
  Clock::Time taken_at;
  Detail detail;  // What was measured; the rest is neither told nor forgotten.
  std::vector<ThreadSample> threads;
  std::vector<ExitedThreads> exited;  // Since the reading before, each once.
  std::vector<PeerTotal> peers;       // Totals.
  std::vector<FutexWaits> futexes;
  std::vector<NeighbourWaits> neighbours;
  std::vector<WaitHistogram> histograms;
  bool has_doors = false;  // Doors and connections were looked for.
  std::vector<Door> doors;
  std::vector<ProcessConnections> connections;  // Of processes that have any.
  Clock::Duration watched{};      // For so long of the time since the reading before, wakes were
  std::vector<WaitBlame> blames;  // watched; these two are of that time.
  std::vector<PoolWakes> wakes;
  std::vector<SourceLoss> losses;  // Totals.
  double probe_run_seconds = 0;    // Time spent in the probes since start, estimated by sampling.
};

}  // namespace loadline::agent
