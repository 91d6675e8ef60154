// SPDX-License-Identifier: Apache-2.0
#include "loadline/control/effective_cpus.h"

#include <algorithm>

#include "seconds.h"

namespace loadline::control {

double EffectiveCpus(int affinity_cpus, std::span<const CpuQuota> quotas) {
  double cpus = std::max(1, affinity_cpus);
  for (const CpuQuota& q : quotas) {
    if (q.quota > Clock::Duration::zero() && q.period > Clock::Duration::zero()) {
      cpus = std::min(cpus, BoundedSeconds(q.quota) / BoundedSeconds(q.period));
    }
  }
  return std::max(cpus, 0.01);
}

}  // namespace loadline::control
