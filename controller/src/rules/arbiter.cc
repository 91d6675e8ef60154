// SPDX-License-Identifier: Apache-2.0
#include "rules/arbiter.h"

#include <algorithm>
#include <array>
#include <span>
#include <tuple>

namespace loadline::control {
namespace {

template <typename... Rules>
std::tuple<Rules...> MakeAll(const KernelOptions& options, const std::tuple<Rules...>*) {
  return {Rules(options)...};
}

template <typename Rule>
void TellOf(const Rule& rule, Standing& standing) {
  if constexpr (requires { rule.Tell(standing); }) {
    rule.Tell(standing);
  }
}

constexpr RuleRow kBoundsRow{.name = "bounds",
                             .when = "always",
                             .does = "no less than `limit_min`, no more than `limit_max`"};

Binding BindingOf(const RuleRow& row, const Proposal& proposal) {
  return {.rule = row.name,
          .reason = proposal.reason,
          .evidence = proposal.evidence,
          .floor = proposal.floor,
          .ceiling = proposal.ceiling};
}

}  // namespace

Arbiter::Arbiter(const KernelOptions& options)
    : limit_min_(options.limit_min),
      limit_max_(options.limit_max),
      rules_(MakeAll(options, static_cast<const Precedence*>(nullptr))),
      standing_(options) {}

void Arbiter::Apply(const RuleRow& row, const Proposal& proposal) {
  const double own = std::min(std::max(standing_.own, proposal.floor), proposal.ceiling);
  if (own != standing_.own) {
    standing_.own = own;
    By(Part::kOwn) = BindingOf(row, proposal);
  }
  if (proposal.dependency) {
    standing_.dependency = *proposal.dependency;
    By(Part::kDependency) = BindingOf(row, proposal);
    By(Part::kDependency).ceiling = *proposal.dependency;
  }
}

template <typename Rule>
void Arbiter::Hear(Rule& rule, const Proposal& proposal, Observer& observer) {
  Apply(Rule::kRow, proposal);
  observer.Learn(proposal);
  TellOf(rule, standing_);
  if (proposal.suspect || proposal.clear) {
    auto& probe = std::get<ThroughputProbe>(rules_);
    const Proposal answer =
        proposal.clear ? probe.Stop() : probe.Suspect(*proposal.suspect, standing_);
    Apply(ThroughputProbe::kRow, answer);
    TellOf(probe, standing_);
    if (answer.dependency) {  // The probe does what that rule says.
      By(Part::kDependency) = BindingOf(Rule::kRow, proposal);
      By(Part::kDependency).ceiling = standing_.dependency;
    }
  }
}

void Arbiter::OnTick(const Observation& now, Observer& observer) {
  std::apply(
      [&](auto&... rules) {
        const auto hear = [&]<typename Rule>(Rule& rule) {
          if constexpr (JudgesTicks<Rule>) {
            Hear(rule, rule.OnTick(now, standing_), observer);
          }
        };
        (hear(rules), ...);
      },
      rules_);
}

void Arbiter::OnWindow(const Observation& now, const Observed& window, Observer& observer) {
  std::apply(
      [&](auto&... rules) {
        const auto hear = [&]<typename Rule>(Rule& rule) {
          if constexpr (JudgesWindows<Rule>) {
            Hear(rule, rule.OnWindow(now, window, standing_), observer);
          }
        };
        (hear(rules), ...);
      },
      rules_);
}

double Arbiter::Announce() {
  standing_.own = std::clamp(standing_.own, limit_min_, limit_max_);
  double announced = standing_.lim();
  binds_ = standing_.dependency < standing_.own ? Part::kDependency : Part::kOwn;
  const auto hear = [&]<typename Rule>(const Rule& rule) {
    if constexpr (JudgesLimits<Rule>) {
      const Proposal proposal = rule.OnLimit(standing_);
      const double moved = std::min(std::max(announced, proposal.floor), proposal.ceiling);
      if (moved != announced) {
        announced = moved;
        By(Part::kAnnounced) = BindingOf(Rule::kRow, proposal);
        binds_ = Part::kAnnounced;
      }
    }
  };
  std::apply([&](const auto&... rules) { (hear(rules), ...); }, rules_);
  const double limit = std::clamp(announced, limit_min_, limit_max_);
  if (limit != announced || limit >= limit_max_) {
    By(Part::kAnnounced) = {.rule = kBoundsRow.name,
                            .reason = Reason::kCap,
                            .evidence = {},
                            .floor = limit_min_,
                            .ceiling = limit_max_};
    binds_ = Part::kAnnounced;
  }
  return limit;
}

std::span<const RuleRow> KernelRules() {
  static constexpr auto kRows = []<typename... Rules>(const std::tuple<Rules...>*) {
    return std::to_array<RuleRow>({Rules::kRow..., kBoundsRow});
  }(static_cast<const Precedence*>(nullptr));
  return kRows;
}

}  // namespace loadline::control
