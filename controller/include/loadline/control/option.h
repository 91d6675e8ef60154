// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "loadline/rules.h"

namespace loadline::control {

// Options as data, by name: what a configuration file or a command line holds.
using OptionMap = std::map<std::string, double, std::less<>>;

// One option: its name, its range (both ends allowed) and why the default is what it is. The
// default itself is the initial value of the member.
//
// A struct of options lists its own in `static constexpr auto Specs()`, an array of these: the same
// table validates, documents and sweeps.
template <typename Options>
struct OptionSpec {
  std::string_view name;
  double Options::*member;
  double min;
  double max;
  std::string_view why;
};

// For a static_assert below such a struct: each member has one row, each default lies in its range.
// `other_bytes`: of members that are no doubles and have rules of their own.
template <typename Options>
constexpr bool SpecsAreWhole(std::size_t other_bytes = 0) {
  const auto specs = Options::Specs();
  const Options defaults{};
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const double initial = defaults.*specs[i].member;
    if (!(initial >= specs[i].min && initial <= specs[i].max) || specs[i].why.empty()) {
      return false;
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (specs[j].name == specs[i].name || specs[j].member == specs[i].member) {
        return false;
      }
    }
  }
  return specs.size() * sizeof(double) + other_bytes == sizeof(Options);
}

// What is known of an option without knowing the law's type.
struct OptionInfo {
  std::string_view name;
  double min;
  double max;
  double initial;
  std::string_view why;
};

// The range of all laws' limits.
inline constexpr double kLimitLeast = 1;
inline constexpr double kLimitMost = 1e6;

namespace detail {

absl::Status OutOfRange(std::string_view owner, std::string_view option, double value, double min,
                        double max);
absl::Status NoSuchOption(std::string_view owner, std::string_view option, std::string_view known);

}  // namespace detail

// OK, or an error that names the first option out of its range, its value and the rule. Options
// with limit_min, limit_initial and limit_max must also be in that order. `owner` is the noun for
// the message.
template <typename Options>
absl::Status CheckOptions(std::string_view owner, const Options& options) {
  for (const OptionSpec<Options>& spec : Options::Specs()) {
    const double value = options.*spec.member;
    if (!(value >= spec.min && value <= spec.max)) {  // Not `< ||`: NaN is refused too.
      return detail::OutOfRange(owner, spec.name, value, spec.min, spec.max);
    }
  }
  if constexpr (requires { options.limit_min, options.limit_initial, options.limit_max; }) {
    return CheckBounds(
        owner, "limit",
        {.min = options.limit_min, .initial = options.limit_initial, .max = options.limit_max},
        kLimitLeast, kLimitMost);
  }
  return absl::OkStatus();
}

// Overrides the members of `options` that `values` names. Ranges are for Create() to check.
template <typename Options>
absl::Status SetOptions(std::string_view owner, const OptionMap& values, Options& options) {
  for (const auto& [name, value] : values) {
    double Options::*member = nullptr;
    std::string known;
    for (const OptionSpec<Options>& spec : Options::Specs()) {
      known += (known.empty() ? "" : ", ") + std::string(spec.name);
      member = spec.name == name ? spec.member : member;
    }
    if (member == nullptr) {
      return detail::NoSuchOption(owner, name, known);
    }
    options.*member = value;
  }
  return absl::OkStatus();
}

}  // namespace loadline::control
