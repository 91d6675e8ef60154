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
  for (const WaitReasonInfo& info : kWaitReasons) {
    if (const Clock::Duration waited = spent.time.blocked_for(info.reason); waited.count() > 0) {
      add(info.name, waited);
    }
  }
  return text.str();
}

}  // namespace loadline::examples
