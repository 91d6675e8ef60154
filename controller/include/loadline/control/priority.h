// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace loadline::control {

// How much a request matters. The names are API and metric label.
enum class Priority : std::uint8_t {
  kCriticalPlus,  // Losing it loses money or data at once.
  kCritical,      // What users wait for.
  kDefault,
  kSheddable,  // Comes again, or is not missed for minutes.
  kBatch,      // Nobody waits.
};

inline constexpr std::array<std::string_view, 5> kPriorityNames = {
    "critical_plus", "critical", "default", "sheddable", "batch",
};

constexpr std::string_view Name(Priority priority) noexcept {
  return kPriorityNames[static_cast<std::size_t>(priority)];
}

constexpr std::optional<Priority> PriorityFromName(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kPriorityNames.size(); ++i) {
    if (kPriorityNames[i] == name) {
      return static_cast<Priority>(i);
    }
  }
  return std::nullopt;
}

inline constexpr int kLevelsPerPriority = 100;
inline constexpr int kLevels = 500;

// Levels order all requests: 0 is served first, 499 is refused first. `within` orders those of one
// class, 0 to 99: a tenant's recent use, say, so that who used least is served first.
constexpr int Level(Priority priority, int within = 50) noexcept {
  return static_cast<int>(priority) * kLevelsPerPriority +
         std::clamp(within, 0, kLevelsPerPriority - 1);
}

// A retry gains a class per attempt after the first: its caller has invested more.
constexpr int LevelOfAttempt(int level, int attempt) noexcept {
  const int retries = std::clamp(attempt, 1, 5) - 1;
  return std::max(0, std::clamp(level, 0, kLevels - 1) - kLevelsPerPriority * retries);
}

}  // namespace loadline::control
