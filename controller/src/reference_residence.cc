// SPDX-License-Identifier: Apache-2.0
#include "reference_residence.h"

#include <algorithm>

#include "seconds.h"

namespace loadline::control {
void ReferenceResidence::Raise(double no_load) { value_ = std::max(value_, no_load); }

void ReferenceResidence::Add(const Observed& window, const ResidenceEstimate& residence,
                             double limit) {
  if (!first_window_) {
    first_window_ = window.now;
  }
  quiet_ = window.rejected ? 0 : quiet_ + 1;
  const double no_load = residence.no_load();
  Raise(std::min(no_load, explained_));
  if ((quiet_ >= kQuietWindows && window.in_flight_max < kUnusedShare * limit) ||
      no_load < value_) {
    value_ = no_load;
  } else if (SecondsBetween(*first_window_, window.now) < kWarmup * no_load) {
    Raise(residence.no_load_now());
  }
}

void ReferenceResidence::Learn(const Proposal& proposal) {
  Raise(proposal.own_residence);
  if (proposal.explained > 0) {
    explained_ = proposal.explained;
  }
}

}  // namespace loadline::control
