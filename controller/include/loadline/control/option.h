// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace loadline::control {

// Options as data, by name: what a configuration file or a command line holds.
using OptionMap = std::map<std::string, double, std::less<>>;

// One option of a law: its name, its range (both ends allowed) and why the default is what it is.
// The same table validates, documents and sweeps.
template <typename Options>
struct OptionSpec {
  std::string_view name;
  double Options::*member;
  double min;
  double max;
  std::string_view why;
};

// What is known of an option without knowing the law's type.
struct OptionInfo {
  std::string_view name;
  double min;
  double max;
  double initial;
  std::string_view why;
};

namespace detail {

absl::Status OutOfRange(std::string_view law, std::string_view option, double value, double min,
                        double max);
// limit_min <= limit_initial <= limit_max, which is no single option's range.
absl::Status CheckBounds(std::string_view law, double limit_min, double limit_max,
                         double limit_initial);
absl::Status NoSuchOption(std::string_view law, std::string_view option, std::string_view known);

}  // namespace detail

// OK, or an error that names the first option out of its range, its value and the rule. Options
// with limit_min, limit_initial and limit_max must also be in that order.
template <typename Options>
absl::Status CheckOptions(std::string_view law, std::span<const OptionSpec<Options>> specs,
                          const Options& options) {
  for (const OptionSpec<Options>& spec : specs) {
    const double value = options.*spec.member;
    if (!(value >= spec.min && value <= spec.max)) {  // Not `< ||`: NaN is refused too.
      return detail::OutOfRange(law, spec.name, value, spec.min, spec.max);
    }
  }
  if constexpr (requires { options.limit_min, options.limit_initial, options.limit_max; }) {
    return detail::CheckBounds(law, options.limit_min, options.limit_max, options.limit_initial);
  }
  return absl::OkStatus();
}

// Overrides the members of `options` that `values` names. Ranges are for Create() to check.
template <typename Options>
absl::Status SetOptions(std::string_view law, std::span<const OptionSpec<Options>> specs,
                        const OptionMap& values, Options& options) {
  for (const auto& [name, value] : values) {
    const OptionSpec<Options>* found = nullptr;
    std::string known;
    for (const OptionSpec<Options>& spec : specs) {
      known += (known.empty() ? "" : ", ") + std::string(spec.name);
      found = spec.name == name ? &spec : found;
    }
    if (found == nullptr) {
      return detail::NoSuchOption(law, name, known);
    }
    options.*found->member = value;
  }
  return absl::OkStatus();
}

}  // namespace loadline::control
