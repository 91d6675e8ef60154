// SPDX-License-Identifier: Apache-2.0
#include "window_evidence.h"

#include <algorithm>

namespace loadline::control {

Evidence EvidenceOf(const Observed& seen, const ResidenceEstimate& estimate) {
  Evidence e{.now = seen.now, .stale = !seen.rates.has_value()};
  e.rejecting = seen.rejected;
  e.cpus = seen.cpus;
  e.cpu_share = estimate.neighbour_share();
  e.own = estimate.own();
  if (!seen.rates) {
    return e;
  }
  const SignalRates& r = *seen.rates;
  const double cpus = seen.cpus * estimate.neighbour_share();
  e.throttled_ratio = r.cpu > 0 ? r.throttled / r.cpu : 0;
  e.cpu_used = r.cpu;
  e.runq_own = r.runq_self / estimate.cpu_share();
  e.lock = r.lock;
  e.service = r.cpu / seen.request_rate;
  e.lock_wait = r.lock / seen.request_rate;
  e.downstream = r.network / seen.request_rate;
  e.knee = cpus * (1 + (r.cpu > 0 ? r.waiting / r.cpu : 0));
  e.threads_active = r.cpu + r.runq_self + r.runq_other + r.throttled + r.lock + r.waiting;
  e.switch_share = r.switches * kSwitchSeconds / std::max(0.05, cpus);
  return e;
}

}  // namespace loadline::control
