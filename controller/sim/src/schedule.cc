// SPDX-License-Identifier: Apache-2.0
#include "loadline/sim/schedule.h"

#include <algorithm>

namespace loadline::sim {
namespace {

constexpr Ns kRampStep = 50 * kMillisecond;

double Between(const Schedule::Point& a, const Schedule::Point& b, Ns time) {
  return a.value +
         (b.value - a.value) * static_cast<double>(time - a.at) / static_cast<double>(b.at - a.at);
}

}  // namespace

Schedule::Step Schedule::StepAt(Ns time) const {
  if (points.empty()) {
    return {};
  }
  std::size_t i = 0;
  while (i + 1 < points.size() && points[i + 1].at <= time) {
    ++i;
  }
  if (i + 1 == points.size()) {
    return {.value = points[i].value};
  }
  const Point& next = points[i + 1];
  if (next.ramp && time >= points[i].at) {
    return {.value = Between(points[i], next, time), .until = std::min(next.at, time + kRampStep)};
  }
  return {.value = points[i].value, .until = time < points[i].at ? points[i].at : next.at};
}

double Schedule::Max() const {
  double most = 0;
  for (const Point& point : points) {
    most = std::max(most, point.value);
  }
  return most;
}

}  // namespace loadline::sim
