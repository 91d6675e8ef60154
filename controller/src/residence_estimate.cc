// SPDX-License-Identifier: Apache-2.0
#include "residence_estimate.h"

#include <algorithm>

namespace loadline::control {

void ResidenceHistory::Add(double span, double residence) {
  next_ = (next_ + 1) % windows_.size();
  windows_[next_] = {span, residence};
}

double ResidenceHistory::At(double age, double now) const {
  if (age < 0.15) {
    return now;
  }
  double back = 0.05;  // The windows before this one: it is not added yet.
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    const Entry& window = windows_[(next_ + windows_.size() - i) % windows_.size()];
    if (window.residence <= 0) {
      break;
    }
    back += window.span;
    now = window.residence;
    if (back >= age) {
      break;
    }
  }
  return now;
}

// Threads in our own queues, by Little's law, because of what completes.
double ResidenceEstimate::OwnWait(const Observed& seen, const SignalRates& rates) {
  const double service = rates.cpu / seen.request_rate;
  const double frozen = freeze_ + service * std::max(0.0, 1 / seen.cpus - 1);
  const double queued =
      rates.runq_self / cpu_share_ + std::max(0.0, rates.throttled - frozen * seen.request_rate);
  const double beyond = std::max(0.0, seen.in_flight - seen.rate * seen.residence);
  unseen_ += 0.3 * (std::min(beyond, seen.pending_late) - unseen_);
  const double theirs = queued > 0 ? unseen_ * queued / (queued + rates.cpu) : 0;
  return std::max(0.0, queued - theirs) + rates.lock;
}

void ResidenceEstimate::Add(const Observed& seen) {
  double own = 0;
  if (seen.rates) {
    cpu_share_ += 0.3 * (CpuShare(*seen.rates) - cpu_share_);
    neighbour_share_ += 0.3 * (NeighbourShare(*seen.rates) - neighbour_share_);
    trust_ = std::min(1.0, trust_ + seen.span);
    const double wait = OwnWait(seen, *seen.rates) / seen.request_rate;
    own = trust_ * wait / history_.At(seen.signal_age, seen.residence);
    signal_age_ = seen.signal_age;
  } else {
    trust_ = 0;
  }
  history_.Add(seen.span, seen.residence);
  no_load_now_ = seen.residence * std::max(0.05, 1 - own);
  own_ = 1 - no_load_now_ / seen.residence;
  const double weight = std::min(0.6, 0.1 + seen.n / 200);
  residence_.Add(seen.residence, weight);
  no_load_.Add(no_load_now_, weight);
}

}  // namespace loadline::control
