// SPDX-License-Identifier: Apache-2.0
#include "sdk/src/host_cpu_share.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <sstream>

namespace loadline {
namespace {

// Of ten windows, so about a second.
constexpr double kWeight = 0.1;

// The first line: `cpu user nice system idle iowait irq softirq steal ...`, in clock ticks. Time
// stolen by a hypervisor is somebody else's and counts as busy.
std::optional<Clock::Duration> BusyTime(const std::string& stat) {
  std::istringstream line(stat);
  std::string label;
  std::int64_t user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0,
               steal = 0;
  line >> label >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
  if (!line || label != "cpu") {
    return std::nullopt;
  }
  static const std::int64_t tick_ns = 1'000'000'000 / std::max(sysconf(_SC_CLK_TCK), 1L);
  return Clock::Duration{(user + nice + system + irq + softirq + steal) * tick_ns};
}

}  // namespace

double HostCpuShare::Add(const std::string& stat, Clock::Duration ours) {
  if (const std::optional<Clock::Duration> busy = BusyTime(stat)) {
    if (seen_) {
      const double step = std::max(static_cast<double>((*busy - *seen_).count()), 0.0);
      busy_ += kWeight * (step - busy_);
      ours_ += kWeight * (static_cast<double>(ours.count()) - ours_);
    }
    seen_ = busy;
  }
  return busy_ > 0 ? std::clamp(ours_ / busy_, 0.0, 1.0) : 1.0;
}

}  // namespace loadline
