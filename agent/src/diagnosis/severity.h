// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace loadline::agent {

// How bad it is for a pool. In the order of concern.
enum class Severity : std::uint8_t {
  kAmple,      // Somebody of it is nearly always free.
  kBusy,       // It mostly runs, never rests and nobody is seen to wait for it: a batch program.
  kUnknown,    // Whether somebody is free cannot be told.
  kTight,      // Nobody is free for a part of the time.
  kExhausted,  // Nobody is free for most of the time, or work waits at its door.
  kStuck,      // Work waits, and no member ran or was woken.
};
inline constexpr std::size_t kSeverityCount = 6;

constexpr std::string_view Name(Severity severity) {
  constexpr std::array<std::string_view, kSeverityCount> kNames = {"ample", "busy",      "unknown",
                                                                   "tight", "exhausted", "stuck"};
  return kNames[static_cast<std::size_t>(severity)];
}

// How much of its lost time counts where trouble is ranked.
constexpr double WeightOf(Severity severity) {
  constexpr std::array<double, kSeverityCount> kWeights = {0, 0, 0.1, 0.3, 1, 1};
  return kWeights[static_cast<std::size_t>(severity)];
}

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
