// SPDX-License-Identifier: Apache-2.0
#include "agent/src/diagnosis/severity.h"

namespace loadline::agent {

Severity SeverityOf(const SeverityFacts& facts) {
  if (facts.looks == 0) {
    return Severity::kAmple;
  }
  const auto part = [&](int looks) {
    return static_cast<double>(looks) / static_cast<double>(facts.looks);
  };
  const double none_free = part(facts.none_free);
  const bool waited_for = part(facts.waited_for) >= kExhaustedFrom;
  if (waited_for && facts.awake == 0 && facts.looks >= kStuckLooksMin &&
      none_free >= kExhaustedFrom) {
    return Severity::kStuck;
  }
  if (facts.active < kActiveMin) {
    return Severity::kAmple;
  }
  // It is free or not; how often not says nothing unless somebody waits meanwhile.
  if (facts.threads <= 1 && !waited_for) {
    return none_free <= kExhaustedFrom ? Severity::kAmple
           : facts.ran_share >= 0.5    ? Severity::kBusy
                                       : Severity::kUnknown;
  }
  if (none_free > kExhaustedFrom) {
    if (waited_for || facts.clients || facts.rests) {
      return part(facts.undecided) > kExhaustedFrom && !waited_for ? Severity::kUnknown
                                                                   : Severity::kExhausted;
    }
    return facts.ran_share >= 0.5 ? Severity::kBusy : Severity::kUnknown;
  }
  if (part(facts.undecided) > kExhaustedFrom) {
    return Severity::kUnknown;
  }
  return none_free >= kTightFrom ? Severity::kTight : Severity::kAmple;
}

}  // namespace loadline::agent
