// SPDX-License-Identifier: Apache-2.0
#include "agent/demo/scoreboard.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "loadline/histogram.h"

namespace loadline::demo {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr double kBack = 0.95;
constexpr Clock::Duration kHold = 1s;
// The resolution of the recovery time; finer would be the noise of single requests.
constexpr Clock::Duration kStep = 100ms;

double Milliseconds(Clock::Duration d) {
  return std::chrono::duration<double, std::milli>(d).count();
}

void Count(const Sample& sample, EndpointFigures& into) {
  ++into.offered;
  switch (sample.answer) {
    case Answer::kServed:
      ++(IsGood(sample) ? into.good : into.late);
      return;
    case Answer::kRefused:
      ++into.refused;
      return;
    case Answer::kFailed:
      ++into.failed;
      return;
  }
}

double PerSecond(const std::vector<Clock::Time>& sorted, Clock::Time begin, Clock::Time end) {
  const auto first = std::lower_bound(sorted.begin(), sorted.end(), begin);
  const auto last = std::lower_bound(first, sorted.end(), end);
  return static_cast<double>(last - first) / Seconds(end - begin);
}

}  // namespace

bool IsGood(const Sample& sample) {
  return sample.answer == Answer::kServed && sample.latency() <= kObjective;
}

void Scoreboard::BeginPhase(PhaseKind kind, Clock::Time at) {
  EndRun(at);
  spans_.push_back({.kind = kind, .begin = at, .end = at});
}

void Scoreboard::EndRun(Clock::Time at) {
  if (!spans_.empty()) {
    spans_.back().end = at;
  }
}

std::vector<PhaseFigures> Scoreboard::Phases() const {
  std::vector<PhaseFigures> phases;
  for (const Span& span : spans_) {
    if (span.kind != PhaseKind::kWarmup) {
      phases.push_back(Judge(span));
    }
  }
  return phases;
}

PhaseFigures Scoreboard::Judge(const Span& span) const {
  PhaseFigures figures;
  figures.kind = span.kind;
  figures.seconds = Seconds(span.end - span.begin);
  std::array<Histogram, kEndpoints.size()> latencies;
  for (const Sample& sample : samples_) {
    if (sample.due >= span.begin && sample.due < span.end) {
      Count(sample, figures.of(sample.endpoint));
      latencies[static_cast<std::size_t>(sample.endpoint)].Add(sample.latency().count());
    }
  }
  for (const Endpoint endpoint : kEndpoints) {
    const Histogram& latency = latencies[static_cast<std::size_t>(endpoint)];
    figures.of(endpoint).p50_ms = Milliseconds(Clock::Duration{latency.QuantileAtMost(0.50)});
    figures.of(endpoint).p99_ms = Milliseconds(Clock::Duration{latency.QuantileAtMost(0.99)});
  }
  return figures;
}

std::vector<SecondFigures> Scoreboard::Timeline() const {
  const Span* steady = Find(PhaseKind::kSteady);
  if (steady == nullptr) {
    return {};
  }
  const std::vector<Clock::Time> independent = GoodDueTimes(Endpoint::kIndependent);
  const std::vector<Clock::Time> dependent = GoodDueTimes(Endpoint::kDependent);
  std::vector<SecondFigures> timeline;
  for (Clock::Time at = steady->begin; at + 1s <= spans_.back().end; at += 1s) {
    timeline.push_back({.at_seconds = Seconds(at - steady->begin),
                        .independent_good_per_second = PerSecond(independent, at, at + 1s),
                        .dependent_good_per_second = PerSecond(dependent, at, at + 1s)});
  }
  return timeline;
}

Scoreboard::Recovery Scoreboard::FindRecovery() const {
  const Span* steady = Find(PhaseKind::kSteady);
  const Span* recovery = Find(PhaseKind::kRecovery);
  if (steady == nullptr || recovery == nullptr || steady->end == steady->begin) {
    return {};
  }
  std::array<std::vector<Clock::Time>, kEndpoints.size()> good;
  std::array<double, kEndpoints.size()> wanted{};
  for (std::size_t i = 0; i < kEndpoints.size(); ++i) {
    good[i] = GoodDueTimes(kEndpoints[i]);
    wanted[i] = kBack * PerSecond(good[i], steady->begin, steady->end);
  }
  for (Clock::Time at = recovery->begin; at + kHold <= recovery->end; at += kStep) {
    const bool back = std::ranges::all_of(kEndpoints, [&](Endpoint endpoint) {
      const auto i = static_cast<std::size_t>(endpoint);
      return PerSecond(good[i], at, at + kHold) >= wanted[i];
    });
    if (back) {
      return {.seconds = Seconds(at - recovery->begin), .recovered = true};
    }
  }
  return {.seconds = Seconds(recovery->end - recovery->begin), .recovered = false};
}

std::vector<Clock::Time> Scoreboard::GoodDueTimes(Endpoint endpoint) const {
  std::vector<Clock::Time> times;
  for (const Sample& sample : samples_) {
    if (sample.endpoint == endpoint && IsGood(sample)) {
      times.push_back(sample.due);
    }
  }
  std::ranges::sort(times);
  return times;
}

const Scoreboard::Span* Scoreboard::Find(PhaseKind kind) const {
  const auto found = std::ranges::find(spans_, kind, &Span::kind);
  return found == spans_.end() ? nullptr : &*found;
}

}  // namespace loadline::demo
