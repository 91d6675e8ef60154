// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/src/model/blame_book.h"
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
  int resting = 0;          // At this moment.
  int free = 0;             // Of those, who would take work: they rest where the busy ones do.
  int undecided = 0;        // Wait on words of which nobody knows what for.
  int awake = 0;            // Ran, or were woken, since the reading before.
  std::uint32_t queue = 0;  // At the doors of its process, or in its own queue.
  std::uint32_t unread = 0;
  std::uint32_t clients = 0;
  std::uint64_t drops = 0;   // At those doors, since the reading before.
  Clock::Duration rested{};  // Of threads.
  LostTime lost;

  void AddUp(const Look& other);
};

// What is remembered of one thread for it.
struct ThreadEvidence {
  ThreadRest rest;
  Place rested_at;          // Where it was last seen to rest, by kind.
  bool knows_rest = false;  // It was.
};

// What a pool lost its time to, reading by reading: what a diagnosis is made of.
//
// Thread safety: none.
class PoolEvidence {
 public:
  static constexpr std::chrono::seconds kWindow{10};
  static constexpr std::size_t kLooksMax = 128;     // At ten readings a second.
  static constexpr double kBusyMin = 0.2;           // Of a thread's time, to be busy in a reading.
  static constexpr std::size_t kRestPlacesMax = 8;  // That a pool is seen to have at once.

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
  // It is known where members rest that work.
  bool knows_rest() const { return knows_rest_; }
  // Threads that waited on words without a holder in the last reading, as a number.
  double soft_threads() const;
  // The peer that it waited for most, in the last reading; empty: none.
  std::string_view main_peer() const { return main_peer_; }

 private:
  void TakeBlocked(const ThreadFacts& facts, const Demand& demand, const HolderChains& chains,
                   bool& resting, ThreadEvidence& thread);
  void CountFree();
  void ShareSoft();
  void ShareNetwork(std::span<const Named> peers);
  void ShareNeighbours(std::span<const Named> neighbours);

  std::deque<Look> looks_;  // The last is of this reading.
  bool knows_rest_ = false;
  BlameBook blames_;
  std::string main_peer_;
  // Of this reading: who rests where, and where the busy ones do when they rest.
  struct RestPlace {
    Place place;
    int resting = 0;
    bool busy = false;
  };
  std::vector<RestPlace> places_;
  int busy_ = 0;
  // Of this reading, not laid to anybody yet.
  Clock::Duration network_{};
  Clock::Duration soft_{};
  Clock::Duration neighbour_{};
  Clock::Duration throttled_{};
};

}  // namespace loadline::agent
