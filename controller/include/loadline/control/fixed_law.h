// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>

#include "absl/status/statusor.h"
#include "loadline/control/control_law.h"
#include "loadline/control/option.h"

namespace loadline::control {

struct FixedOptions {
  double limit = 48;

  static constexpr auto Specs() {
    using O = FixedOptions;
    return std::to_array<OptionSpec<O>>({
        {"limit", &O::limit, kLimitLeast, kLimitMost,
         "a guess: whoever takes this law knows a better one"},
    });
  }
};
static_assert(SpecsAreWhole<FixedOptions>());

// The limit that was configured, whatever happens. What most services have today.
absl::StatusOr<std::unique_ptr<ControlLaw>> MakeFixedLaw(const FixedOptions& options = {});

struct NoneOptions {
  static constexpr std::array<OptionSpec<NoneOptions>, 0> Specs() { return {}; }
};

// No limit at all: what every other law is compared with.
absl::StatusOr<std::unique_ptr<ControlLaw>> MakeNoneLaw(const NoneOptions& options = {});

}  // namespace loadline::control
