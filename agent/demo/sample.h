// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "loadline/clock.h"

namespace loadline::demo {

// The two endpoints of the service under load: one needs the dependency, the other does not.
enum class Endpoint : std::uint8_t { kIndependent, kDependent };

inline constexpr std::array<Endpoint, 2> kEndpoints = {Endpoint::kIndependent,
                                                       Endpoint::kDependent};

constexpr std::string_view Name(Endpoint endpoint) noexcept {
  constexpr std::array<std::string_view, 2> kNames = {"independent", "dependent"};
  return kNames[static_cast<std::size_t>(endpoint)];
}

enum class Answer : std::uint8_t {
  kServed,   // 2xx.
  kRefused,  // 503: the service said no, at once.
  kFailed,   // Any other status, a broken connection, or none within the client's timeout.
};

// One request, over. Its latency runs from when it was due, not from when the client got around to
// sending it: a stall of the client or of the service's accept queue is not forgiven.
struct Sample {
  Endpoint endpoint = Endpoint::kIndependent;
  Answer answer = Answer::kFailed;
  Clock::Time due;
  Clock::Time finished;

  Clock::Duration latency() const { return finished - due; }
};

}  // namespace loadline::demo
