// SPDX-License-Identifier: Apache-2.0
// The classifier names a class of the list, equally for equal evidence, and leaves a class when
// evidence has been without it for five windows.
#include <array>
#include <cmath>

#include "bytes.h"
#include "check.h"
#include "loadline/control/classifier.h"
#include "loadline/control/effective_cpus.h"
#include "targets.h"

namespace loadline::fuzz {

void FuzzClassifier(Bytes& bytes) {
  using control::Bottleneck;
  using control::Evidence;
  control::Classifier classifier, twin;
  Clock::Time now{std::chrono::hours{1}};
  while (!bytes.empty()) {
    Evidence e;
    const bool anywhen = bytes.Below(16) == 0;
    now += std::chrono::milliseconds{100};
    e.now = anywhen ? Clock::Time{bytes.Duration()} : now;
    for (bool Evidence::*flag : {&Evidence::stale, &Evidence::app_limited, &Evidence::late,
                                 &Evidence::saturated, &Evidence::rejecting}) {
      e.*flag = bytes.Below(4) == 0;
    }
    for (int fields = static_cast<int>(bytes.Below(6)); fields > 0; --fields) {
      constexpr std::array kFields = {
          &Evidence::cpus,        &Evidence::cpu_share, &Evidence::throttled_ratio,
          &Evidence::cpu_used,    &Evidence::runq_own,  &Evidence::lock,
          &Evidence::service,     &Evidence::lock_wait, &Evidence::downstream,
          &Evidence::own,         &Evidence::knee,      &Evidence::threads_active,
          &Evidence::switch_share};
      e.*kFields[bytes.Below(kFields.size())] = bytes.Real();
    }
    for (int windows = 1 + static_cast<int>(bytes.Below(6)); windows > 0; --windows) {
      const control::Verdict verdict = classifier.Add(e);
      LOADLINE_HOLDS(verdict == twin.Add(e) && verdict == classifier.verdict(), "differently");
      LOADLINE_HOLDS(
          static_cast<std::size_t>(verdict.bottleneck) < control::kBottleneckNames.size(),
          "class %d", static_cast<int>(verdict.bottleneck));
      LOADLINE_HOLDS(verdict.modifier == Bottleneck::kHealthy ||
                         verdict.modifier == Bottleneck::kThrottled ||
                         verdict.modifier == Bottleneck::kNeighbour,
                     "modifier %d", static_cast<int>(verdict.modifier));
      LOADLINE_HOLDS(verdict.confidence >= 0 && verdict.confidence <= 1, "%g", verdict.confidence);
    }
  }
  for (int window = 0; window < 6; ++window) {
    classifier.Add({.now = now += std::chrono::milliseconds{100}});
  }
  LOADLINE_HOLDS(classifier.verdict().bottleneck == Bottleneck::kHealthy, "class %d of nothing",
                 static_cast<int>(classifier.verdict().bottleneck));

  const std::array quotas = {control::CpuQuota{bytes.Duration(), bytes.Duration()}};
  const double cpus = control::EffectiveCpus(bytes.Small(), quotas);
  LOADLINE_HOLDS(std::isfinite(cpus) && cpus >= 0.01, "%g CPUs", cpus);
}

}  // namespace loadline::fuzz
