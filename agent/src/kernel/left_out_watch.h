// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace loadline::agent {

// Whether the kernel has left out events of late, by the count of those that it left out.
//
// The name is written after the event, and the thread may be preempted in between: so the look
// right after the count has grown may see the old name, and some more looks follow.
//
// Thread safety: none.
class LeftOutWatch {
 public:
  static constexpr int kReadings = 10;  // Ten seconds, if refresh_ms is not set otherwise.

  // Once per reading, before it looks.
  bool Of(std::uint64_t events_left_out) {
    if (events_left_out != before_) {
      before_ = events_left_out;
      readings_left_ = kReadings;
    }
    return readings_left_ > 0 && readings_left_-- > 0;
  }

 private:
  std::uint64_t before_ = 0;
  int readings_left_ = 0;
};

}  // namespace loadline::agent
