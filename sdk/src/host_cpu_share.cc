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

}  // namespace

// The first line: `cpu user nice system idle iowait irq softirq steal ...`, in clock ticks. Time
// stolen by a hypervisor is somebody else's and counts as busy.
std::optional<Clock::Duration> HostCpuShare::BusyTime(const std::string& stat) {
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

double HostCpuShare::Add(Clock::Duration busy, Clock::Duration ours) {
  busy_ += kWeight * (static_cast<double>(std::max(busy, Clock::Duration{}).count()) - busy_);
  ours_ += kWeight * (static_cast<double>(ours.count()) - ours_);
  return busy_ > 0 ? std::clamp(ours_ / busy_, 0.0, 1.0) : 1.0;
}

}  // namespace loadline
