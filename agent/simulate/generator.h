// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace loadline::cli {

// What a generated service has to go through. The kinds but kAny are hard for control laws.
enum class GeneratorKind : std::uint8_t {
  kAny,
  kLongResidence,        // Waits of 0.3 to 4 s.
  kLowRate,              // One core with fewer than 20 requests per second.
  kMixShift,             // The mix of requests moves the right limit tenfold or more.
  kDeadlineDependency,   // A dependency slows down to the deadline while clients try again.
  kSaturatedDependency,  // A dependency that serves less than is asked of it.
  kQuotaFreeze,          // A CPU quota that holds the service back for long, under overload.
  kLostSignal,           // The kernel's signal is late or lost while a dependency slows down.
};

inline constexpr std::array<std::string_view, 8> kGeneratorKindNames = {
    "any",          "long_residence",      "low_rate",
    "mix_shift",    "deadline_dependency", "saturated_dependency",
    "quota_freeze", "lost_signal",
};

// A random service with random troubles, as the YAML of a scenario. The same seed and kind give the
// same text: tune on some seeds, report others.
//
// kAny is mostly anything: 1 to 64 cores, 0.3 to 80 ms of CPU, up to 200 times that in waiting,
// deadlines of 3 to 15 residences, one to three troubles at a time, sometimes with a faulty signal.
// Of each ten seeds, four are of a hard kind: long waits (seeds that end in 6), low rates (7),
// shifts of the mix (8), dependencies near the deadline (9). Any other kind is that kind with every
// seed and, but for low rates and long waits, with that trouble alone.
//
// Phases: base, event+5 (its first seconds), event, after+5, after; of long_residence and low_rate
// before them start, the first residences after a cold start.
std::string GenerateScenario(std::uint64_t seed, GeneratorKind kind = GeneratorKind::kAny);

}  // namespace loadline::cli
