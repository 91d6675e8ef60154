// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/src/model/blame_book.h"
#include "agent/src/model/longest_wait.h"
#include "agent/src/model/lost_time.h"
#include "agent/src/model/thread_rest.h"
#include "agent/src/model/wait_verdict.h"
#include "agent/src/sampler/thread_sample.h"
#include "loadline/clock.h"
#include "loadline/signal.h"

namespace loadline::agent {

// What one reading says of a pool. Looks of several processes add up.
struct Look {
  Clock::Time at;
  Clock::Duration span{};  // Since the reading before.
  int threads = 0;
  int resting = 0;  // At this moment.
  // Of those, by what they rest in; words of all kinds are one, kSync. And where the busy ones were
  // last seen to rest, as a bit each.
  std::array<int, kWaitReasonCount> resting_in{};
  std::uint32_t busy_rest_in = 0;
  int busy = 0;  // Used or lost time worth speaking of in this reading.
  // What the process's first thread rests in, if it was never busy: a parent, a listener; or -1.
  int leader_rests_in = -1;
  int undecided = 0;        // Wait on words of which nobody knows what for.
  int awake = 0;            // Ran, or were woken, since the reading before.
  std::uint32_t queue = 0;  // At the doors of its process, or in its own queue.
  std::uint32_t unread = 0;
  std::uint32_t clients = 0;
  std::uint64_t drops = 0;   // At those doors, since the reading before.
  Clock::Duration rested{};  // Of threads.
  LostTime lost;

  // Who would take work: those that rest where the busy ones do when they rest.
  int Free() const;
  void AddUp(const Look& other);
};

// What is remembered of one thread for it.
struct ThreadEvidence {
  ThreadRest rest;
  int rested_in = -1;     // A reason, where it was last seen to rest; -1: it never was.
  bool was_busy = false;  // Ever.
  WaitWatch waits;
};

// What a pool lost its time to, reading by reading: what a diagnosis is made of.
//
// Thread safety: none.
class PoolEvidence {
 public:
  static constexpr std::chrono::seconds kWindow{10};
  static constexpr std::size_t kLooksMax = 128;  // At ten readings a second.
  static constexpr double kBusyMin = 0.2;        // Of a thread's time, to be busy in a reading.

  struct ThreadFacts {
    const ThreadSample& sample;
    const PoolCounters& increment;  // Since the reading before.
    WaitReason reason;              // As in `sample`, or kIdle where the pool's home says so.
    Clock::Duration between;        // The two readings.
    bool loop = false;              // It is an event loop.
    Clock::Duration loop_ran{};     // On CPU for long between two polls.
  };

  void BeginReading(Clock::Time at, Clock::Duration span);
  // Whether the thread rests.
  bool AddThread(const ThreadFacts& facts, const Demand& demand, const HolderChains& chains,
                 std::uint32_t reading, ThreadEvidence& thread);
  // What threads did that ended since.
  void AddGone(const PoolCounters& increment);
  // Waits for a lock that ended. Null `holder`: it is in no reading.
  void AddLock(std::uint64_t address, const ThreadSample* holder, Clock::Duration waited,
               std::uint64_t waits);
  // Who ended waits of the pool: see BlameBook.
  BlameBook& blames() { return blames_; }
  const BlameBook& blames() const { return blames_; }

  struct Named {
    std::string_view name;
    Clock::Duration increment{};
    bool sibling = false;  // A neighbour that is of the same server.
  };
  struct End {
    std::span<const Named> peers;       // Network waits, by peer.
    std::span<const Named> neighbours;  // Waits for a CPU, by who had it.
    Demand demand;                      // Of its process.
    std::uint64_t drops = 0;            // At its process's doors, since the reading before.
  };
  // Ends the reading: what is not laid to anybody yet is shared out.
  void EndReading(const End& end);

  const std::deque<Look>& looks() const { return looks_; }
  // Threads that waited on words without a holder in the last reading, as a number.
  double soft_threads() const;
  // Of the last half hour, for each cause that occurred.
  std::vector<LongestWait> longest_waits() const { return longest_.Longest(); }
  // The peer that it waited for most, in the last reading; empty: none.
  std::string_view main_peer() const { return main_peer_; }

 private:
  void TakeBlocked(const ThreadFacts& facts, const Demand& demand, const HolderChains& chains,
                   bool& resting, ThreadEvidence& thread);
  void SeeSoft(const WaitWatch::Now& now, bool resting, ThreadEvidence& thread);
  void ShareSoft();
  void ShareNetwork(std::span<const Named> peers);
  void ShareNeighbours(std::span<const Named> neighbours);

  std::deque<Look> looks_;  // The last is of this reading.
  BlameBook blames_;
  std::optional<BlameBook::Share> main_blame_;  // The largest, as far as the reading before knew.
  LongestWaits longest_;
  std::string main_peer_;
  // Of this reading, not laid to anybody yet.
  Clock::Duration network_{};
  Clock::Duration soft_{};
  Clock::Duration neighbour_{};
  Clock::Duration throttled_{};
};

}  // namespace loadline::agent
