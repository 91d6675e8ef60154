// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace loadline {

// How much a limiter may do. Start with kShadow, look at the would-rejects, then enforce.
enum class Mode : std::uint8_t {
  kOff,      // Admits everything; the law rests. In-flight work is still counted.
  kObserve,  // Admits everything; the law runs, for display.
  kShadow,   // The law runs and counts what it would have refused; refuses only above limit_max.
  kEnforce,  // Refuses.
};

inline constexpr std::array<std::string_view, 4> kModeNames = {"off", "observe", "shadow",
                                                               "enforce"};

constexpr std::string_view Name(Mode mode) noexcept {
  return kModeNames[static_cast<std::size_t>(mode)];
}

// The mode of that name; nullopt: there is none.
constexpr std::optional<Mode> ParseMode(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kModeNames.size(); ++i) {
    if (kModeNames[i] == name) {
      return static_cast<Mode>(i);
    }
  }
  return std::nullopt;
}

}  // namespace loadline
