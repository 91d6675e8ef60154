// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "recorder.h"
#include "request.h"

namespace loadline::sim {

// Somebody who wants an answer, over all attempts to get it.
struct Client {
  Identity who;
  std::uint64_t number = 0;       // Of the request; an attempt's is 16 times that, and more.
  std::uint32_t generation = 0;   // Rises with each attempt: what belongs to an older one is void.
  std::uint32_t request = kNone;  // Of the present attempt, while it is admitted.
  std::uint32_t request_generation = 0;
  int attempts = 0;
};

}  // namespace loadline::sim
