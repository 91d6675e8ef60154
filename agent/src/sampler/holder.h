// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "loadline_abi/wait_reason.h"

namespace loadline::agent {

// Who does not let a thread go on whose reason is kStopped; kNone with any other.
enum class Holder : std::uint8_t {
  kNone = LL_HOLDER_NONE,
  kUnknown = LL_HOLDER_UNKNOWN,
  kSignal = LL_HOLDER_SIGNAL,
  kTracer = LL_HOLDER_TRACER,
  kFreezer = LL_HOLDER_FREEZER,
};
inline constexpr std::size_t kHolderCount = LL_HOLDER_COUNT;

// "freezer": in tables and JSON.
constexpr std::string_view Name(Holder holder) {
  constexpr std::array<std::string_view, kHolderCount> kNames = {
#define LOADLINE_HOLDER_NAME(name, text) text,
      LL_HOLDERS(LOADLINE_HOLDER_NAME)
#undef LOADLINE_HOLDER_NAME
  };
  return kNames[static_cast<std::size_t>(holder)];
}

// From the kernel side.
constexpr Holder HolderFrom(std::uint64_t number) {
  return number < kHolderCount ? static_cast<Holder>(number) : Holder::kUnknown;
}

}  // namespace loadline::agent
