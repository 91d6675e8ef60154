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

}  // namespace loadline::agent
