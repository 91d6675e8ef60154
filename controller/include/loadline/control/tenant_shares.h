// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "loadline/clock.h"

namespace loadline::control {

// Orders the requests of one class by how much their tenant used lately, for Level(class, within).
//
// The tenant that was served least per weight comes first: under overload all tenants that want
// more than their share end up with equal shares, and who wants less gets all of it.
//
// Bounded: 256 slots; tenants that share a slot share its fortune. Use halves every ten seconds.
//
// Thread safety: none. The owner serializes calls.
//
// Source: weighted fair queueing by recent use.
class TenantShares {
 public:
  // A request of `tenant` was admitted. `weight` > 0: twice the weight, twice the share.
  void OnAdmitted(std::uint64_t tenant, double weight = 1);

  // Call about every 100 ms.
  void OnTick(Clock::Duration span);

  // 0 to 99: use against that of the tenant who used most.
  int Within(std::uint64_t tenant) const;

 private:
  static constexpr int kSlots = 256;
  static std::size_t Slot(std::uint64_t tenant);

  std::array<double, kSlots> use_{};
  double most_ = 0;
};

}  // namespace loadline::control
