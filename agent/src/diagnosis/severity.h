// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/src/model/severity.h"

namespace loadline::agent {

// What a pool was found doing in the looks of a window.
struct SeverityFacts {
  int looks = 0;       // With members.
  int none_free = 0;   // Of these: nobody of it would have taken work.
  int undecided = 0;   // Of these: nobody, but some wait for what nobody knows.
  int waited_for = 0;  // Of these: work waited at its doors, in its queue, or in its hands unread.
  int awake = 0;       // Of these: a member had run, or had been woken.
  int threads = 0;
  double active = 0;     // Threads that did not rest, on average.
  double ran_share = 0;  // Of their time: on a CPU, or queued behind themselves.
  bool clients = false;  // Its process holds connections that it took.
  bool rests = false;    // It is known where members rest that work.
};

inline constexpr double kExhaustedFrom = 0.5;  // Of the looks.
inline constexpr double kTightFrom = 0.05;
inline constexpr double kActiveMin = 0.05;  // Threads: below, a pool rests.
inline constexpr int kStuckLooksMin = 5;

Severity SeverityOf(const SeverityFacts& facts);

}  // namespace loadline::agent
