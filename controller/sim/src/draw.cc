// SPDX-License-Identifier: Apache-2.0
#include "draw.h"

namespace loadline::sim {

const RequestClass& ChooseClass(const std::vector<RequestClass>& classes, Ns now, double luck) {
  if (classes.size() == 1) {
    return classes.front();
  }
  double sum = 0;
  for (const RequestClass& each : classes) {
    sum += each.share.At(now);
  }
  double left = luck * sum;
  for (const RequestClass& each : classes) {
    left -= each.share.At(now);
    if (left < 0) {
      return each;
    }
  }
  return classes.back();
}

Ns SampleAt(const Timeline& timeline, Ns now, Random& random) {
  const Distribution* distribution = timeline.At(now);
  return distribution == nullptr ? 0 : distribution->Sample(random);
}

}  // namespace loadline::sim
