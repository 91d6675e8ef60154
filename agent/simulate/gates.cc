// SPDX-License-Identifier: Apache-2.0
#include "agent/simulate/gates.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "agent/simulate/format.h"

namespace loadline::cli {
namespace {

constexpr double kGoodput = 0.9;
constexpr double kHardBelow = 0.95;  // Of the best static limit: then nobody can do well.
constexpr double kOfBestStatic = 0.95;
constexpr double kBelowNone = 0.02;
constexpr double kClassCorrect = 0.95;

}  // namespace

double GoodputGate(const Row& row) {
  const sim::Phase::Bounds& bounds = row.phase->bounds;
  if (bounds.ungated) {
    return 0;
  }
  if (bounds.like_none) {
    return row.none.value_or(0) - kBelowNone;
  }
  if (bounds.goodput) {
    return *bounds.goodput;
  }
  return row.o2 && *row.o2 < kHardBelow ? kOfBestStatic * *row.o2 : kGoodput;
}

std::vector<std::string> MissedGates(const Row& row) {
  const sim::Phase::Bounds& bounds = row.phase->bounds;
  const sim::PhaseScore& score = row.mean;
  std::vector<std::string> missed;
  const auto check = [&](bool holds, const std::string& text) {
    if (!holds) {
      missed.push_back(
          absl::StrCat(row.scenario->name, " ", row.phase->name, " ", row.law, ": ", text));
    }
  };
  const double goodput = GoodputGate(row);
  check(score.goodput_of_oracle >= goodput,
        Format("goodput %.1f %% < %.1f %%", 100 * score.goodput_of_oracle, 100 * goodput));
  const auto at_most = [&](const std::optional<double>& bound, double value, double scale,
                           const char* format) {
    check(!bound || value <= *bound, Format(format, scale * value, scale * bound.value_or(0)));
  };
  at_most(bounds.p99_ms, score.p99_ms, 1, "p99 %.0f ms > %.0f ms");
  at_most(bounds.false_shed, score.false_shed, 100, "false shed %.2f %% > %.2f %%");
  at_most(bounds.converge_s, score.converge_s, 1, "converges in %.1f s > %.1f s");
  at_most(bounds.recover_s, score.converge_s, 1, "recovers in %.1f s > %.1f s");
  // Whatever the mean: one run that stays down is an outage that outlived its cause.
  const double length_s = static_cast<double>(row.phase->to - row.phase->from) / sim::kSecond;
  check(!(bounds.recover_s || bounds.converge_s) || row.worst_converge_s < length_s,
        Format("in one run not within the %.0f s of the phase", length_s, 0));
  at_most(bounds.drift, std::abs(score.drift_per_10min), 100, "drift %.1f %% > %.1f %% per 10 min");
  at_most(bounds.in_flight, score.in_flight_max, 1, "%.0f in flight > %.0f");
  at_most(bounds.inversions, score.inversions, 100, "inversions %.2f %% > %.2f %%");
  const auto at_least = [&](const std::optional<double>& bound, double value, const char* format) {
    check(!bound || value >= *bound, Format(format, 100 * value, 100 * bound.value_or(0)));
  };
  at_least(bounds.jain, score.jain, "Jain index %.1f %% < %.1f %%");
  at_least(bounds.top_level, score.levels.empty() ? 1 : score.levels.front(),
           "goodput of the first level %.1f %% < %.1f %%");
  if (row.phase->bottleneck || row.phase->modifier) {
    at_least(kClassCorrect, score.class_correct, "class right in %.1f %% < %.1f %% of windows");
  }
  return missed;
}

}  // namespace loadline::cli
