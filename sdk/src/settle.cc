// SPDX-License-Identifier: Apache-2.0
#include "sdk/src/settle.h"

#include <algorithm>

namespace loadline {
namespace {

using Duration = Clock::Duration;

template <typename Use>
void ForEachPart(PoolCounters& counters, Use use) {
  for (Duration* part : {&counters.on_cpu, &counters.runq_self, &counters.runq_neighbour,
                         &counters.runq_throttled, &counters.runq_unattributed}) {
    use(*part);
  }
  std::for_each(counters.blocked.begin(), counters.blocked.end(), use);
}

}  // namespace

void Settle(PoolCounters& difference) {
  Duration debt{}, credit{};
  ForEachPart(difference, [&](Duration& part) {
    (part < Duration::zero() ? debt : credit) += part;
    part = std::max(part, Duration::zero());
  });
  if (debt == Duration::zero() || credit <= -debt) {
    return;
  }
  const double kept =
      static_cast<double>((credit + debt).count()) / static_cast<double>(credit.count());
  ForEachPart(difference, [kept](Duration& part) {
    part = Duration{static_cast<Duration::rep>(static_cast<double>(part.count()) * kept)};
  });
}

}  // namespace loadline
