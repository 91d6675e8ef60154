// SPDX-License-Identifier: Apache-2.0
// The classifiers name a class of the list, equally for equal evidence, and leave a class when
// evidence has been without it for five windows.
#include <array>
#include <cmath>

#include "bytes.h"
#include "check.h"
#include "loadline/control/classifier.h"
#include "loadline/control/effective_cpus.h"
#include "loadline/control/kernel_classifier.h"
#include "targets.h"

namespace loadline::fuzz {

namespace {

void CheckVerdict(const control::Verdict& verdict) {
  using control::Bottleneck;
  LOADLINE_HOLDS(static_cast<std::size_t>(verdict.bottleneck) < control::kBottleneckNames.size(),
                 "class %d", static_cast<int>(verdict.bottleneck));
  LOADLINE_HOLDS(verdict.modifier == Bottleneck::kHealthy ||
                     verdict.modifier == Bottleneck::kThrottled ||
                     verdict.modifier == Bottleneck::kNeighbour,
                 "modifier %d", static_cast<int>(verdict.modifier));
  LOADLINE_HOLDS(verdict.confidence >= 0 && verdict.confidence <= 1, "%g", verdict.confidence);
}

control::KernelWindow AnyWindow(Bytes& bytes, Clock::Time now) {
  control::KernelWindow window;
  window.signal.taken_at = now;
  window.signal.span = std::chrono::seconds{1};
  if (bytes.Below(8) == 0) {
    window.signal.span = bytes.Duration();
  }
  if (bytes.Below(8) == 0) {
    window.signal.taken_at = Clock::Time{bytes.Duration()};
  }
  window.signal.threads = bytes.Small();
  window.signal.step = bytes.Flag() ? SignalStep::kStream : SignalStep::kSchedstat;
  PoolCounters& counters = window.signal.counters;
  for (int fields = static_cast<int>(bytes.Below(8)); fields > 0; --fields) {
    constexpr std::array kTimes = {&PoolCounters::on_cpu, &PoolCounters::runq_self,
                                   &PoolCounters::runq_neighbour, &PoolCounters::runq_throttled,
                                   &PoolCounters::runq_unattributed};
    const std::size_t field = bytes.Below(kTimes.size() + counters.blocked.size());
    (field < kTimes.size() ? counters.*kTimes[field] : counters.blocked[field - kTimes.size()]) =
        bytes.Duration();
  }
  counters.switches_voluntary = bytes.Integer();
  counters.switches_involuntary = bytes.Integer();
  window.event_loops = bytes.Small();
  window.sampled = bytes.Flag();
  for (double control::KernelWindow::*field :
       {&control::KernelWindow::cpus, &control::KernelWindow::peers_wait,
        &control::KernelWindow::peer_wait, &control::KernelWindow::condition_share,
        &control::KernelWindow::loops_kept}) {
    window.*field = bytes.Real();
  }
  return window;
}

}  // namespace

void FuzzKernelClassifier(Bytes& bytes) {
  control::KernelClassifier classifier, twin;
  Clock::Time now{std::chrono::hours{1}};
  while (!bytes.empty()) {
    now += std::chrono::seconds{1};
    const control::KernelWindow window = AnyWindow(bytes, now);
    for (int windows = 1 + static_cast<int>(bytes.Below(6)); windows > 0; --windows) {
      const control::Diagnosis told = classifier.Add(window);
      LOADLINE_HOLDS(told == twin.Add(window) && told == classifier.diagnosis(), "differently");
      CheckVerdict(told.verdict);
      LOADLINE_HOLDS(told.verdict.confidence <= 0.8, "%g", told.verdict.confidence);
      LOADLINE_HOLDS(told.figure_count <= told.figures.size(), "%zu", told.figure_count);
      for (const control::Figure& figure : told.Figures()) {
        LOADLINE_HOLDS(std::isfinite(figure.value) && std::isfinite(figure.bound) &&
                           figure.value >= 0 && !figure.name.empty(),
                       "%s %g of %g", figure.name.data(), figure.value, figure.bound);
      }
    }
  }
  control::KernelWindow rest;
  rest.signal.span = std::chrono::seconds{1};
  rest.signal.threads = 4;
  for (int window = 0; window < 40; ++window) {  // What was smoothed needs some more than five.
    rest.signal.taken_at = now += std::chrono::seconds{1};
    classifier.Add(rest);
  }
  LOADLINE_HOLDS(classifier.diagnosis().verdict.bottleneck == control::Bottleneck::kIdle,
                 "class %d of nothing",
                 static_cast<int>(classifier.diagnosis().verdict.bottleneck));
}

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
      CheckVerdict(verdict);
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
