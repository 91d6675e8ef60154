// SPDX-License-Identifier: Apache-2.0
#include "loadline/control/tenant_shares.h"

#include <algorithm>
#include <cstddef>

#include "exact_math.h"
#include "seconds.h"

namespace loadline::control {

std::size_t TenantShares::Slot(std::uint64_t tenant) {
  std::uint64_t z = (tenant ^ (tenant >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return static_cast<std::size_t>((z ^ (z >> 31)) % kSlots);
}

void TenantShares::OnAdmitted(std::uint64_t tenant, double weight) {
  double& use = use_[Slot(tenant)];
  use = std::min(use + 1 / (weight > 1e-6 ? std::min(weight, 1e6) : 1e-6), 1e12);
  most_ = std::max(most_, use);
}

void TenantShares::OnTick(Clock::Duration span) {
  const double kept = Exp2(-BoundedSeconds(span) / 10);
  most_ = 0;
  for (double& use : use_) {
    use *= kept;
    most_ = std::max(most_, use);
  }
}

int TenantShares::Within(std::uint64_t tenant) const {
  if (!(most_ > 0)) {
    return 0;
  }
  return static_cast<int>(99 * std::min(1.0, use_[Slot(tenant)] / most_));
}

}  // namespace loadline::control
