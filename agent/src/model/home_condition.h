// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "agent/src/sampler/thread_sample.h"
#include "loadline/clock.h"

namespace loadline::agent {

// Learns the futex on which the threads of a pool wait for work, of a service that does not say.
//
// Many threads on one condition prove nothing: 190 of 200 that wait for one of 10 connections look
// the same. But there, those that hold the connections are somewhere else as long as anybody waits.
// So the evidence is a *quiet moment*: a reading in which each thread of the pool waits on one and
// the same futex (for glibc's condition variables: one of their two words), so that none of them
// can be what the others wait for. After kQuietMomentsMin of them on one futex, with work of the
// pool in between, it is home.
//
// What this cannot know: a pool that waits as a whole for another pool, again and again, has a home
// there; it does wait for work, in a way. A pool that is never quiet has none, nor has one with a
// single thread, or with a condition for each thread: their waits stay what they are, `condition`
// or `sync`. A home that is known is given up for another only when nobody has waited there for
// kForgetAfter readings: a pool that has a home and hangs elsewhere does not become idle.
//
// Thread safety: none.
class HomeCondition {
 public:
  static constexpr int kQuietMomentsMin = 3;
  static constexpr int kThreadsMin = 2;
  static constexpr int kForgetAfter = 600;

  // One reading: each thread of the pool, then what they computed since the reading before.
  void BeginReading();
  void See(const ThreadSample& sample);
  void EndReading(Clock::Duration worked);

  // 0: not known.
  std::uint64_t address() const { return home_; }
  // Whether the thread waits there, for work.
  bool IsHome(const ThreadSample& sample) const;

 private:
  std::uint64_t home_ = 0;
  int home_unseen_ = 0;  // Readings.
  std::uint64_t candidate_ = 0;
  int quiet_moments_ = 0;
  bool worked_ = false;  // Since the last of them.

  // Of this reading.
  int threads_ = 0;
  bool together_ = true;
  std::uint64_t futex_ = 0;
  bool home_seen_ = false;
};

}  // namespace loadline::agent
