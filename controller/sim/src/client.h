// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
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

// Tokens for retries: each first attempt adds a part of one, each retry takes one.
class RetryTokens {
 public:
  explicit RetryTokens(double per_attempt) : per_attempt_(per_attempt) {}

  void OnFirstAttempt() { tokens_ = std::min(kMost, tokens_ + per_attempt_); }
  bool Take() {
    if (per_attempt_ > 0 && tokens_ < 1) {
      return false;
    }
    tokens_ -= per_attempt_ > 0 ? 1 : 0;
    return true;
  }

 private:
  static constexpr double kMost = 10;
  double per_attempt_;
  double tokens_ = kMost;
};

}  // namespace loadline::sim
