// SPDX-License-Identifier: Apache-2.0
#include "sdk/examples/orders/server_timing.h"

#include <chrono>
#include <sstream>
#include <string_view>

namespace loadline::examples {

std::string ServerTiming(const WaitBreakdown& spent) {
  std::ostringstream text;
  const auto add = [&](std::string_view name, Clock::Duration time) {
    text << (text.tellp() > 0 ? ", " : "") << name
         << ";dur=" << std::chrono::duration<double, std::milli>(time).count();
  };
  add("total", spent.wall);
  add("cpu", spent.time.on_cpu);
  add("runqueue", spent.time.RunQueue());
  for (int i = 0; i < kWaitReasonCount; ++i) {
    const auto reason = static_cast<WaitReason>(i);
    if (const Clock::Duration waited = spent.time.blocked_for(reason); waited.count() > 0) {
      add(Name(reason), waited);
    }
  }
  return text.str();
}

}  // namespace loadline::examples
