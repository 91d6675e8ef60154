// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "loadline/control/control_law.h"
#include "loadline/mode.h"
#include "loadline/tick.h"

namespace loadline {

// Where a limiter stands. Totals count from its creation. The parts are read one after another, so
// sums may differ by the operations of that moment.
struct LimiterStats {
  Mode mode = Mode::kShadow;
  std::string_view law;
  control::Decision decision;  // In force.
  int in_flight = 0;
  std::int64_t admitted_total = 0;
  std::int64_t would_reject_total = 0;  // Admitted in shadow mode, above the limit.
  // By control::Reason: why the limit was what it was when it refused, or moved. A limit counts as
  // moved when its reason changed, or it by more than 5 %.
  std::array<std::int64_t, control::kReasonNames.size()> rejected_total{};
  std::array<std::int64_t, control::kReasonNames.size()> limit_changes_total{};
  SignalState signal{};
};

}  // namespace loadline
