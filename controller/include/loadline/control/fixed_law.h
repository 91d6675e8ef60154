// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>

#include "absl/status/statusor.h"
#include "loadline/control/control_law.h"
#include "loadline/control/option.h"

namespace loadline::control {

struct FixedOptions {
  double limit = 48;
};

std::span<const OptionSpec<FixedOptions>> FixedOptionSpecs();

// The limit that was configured, whatever happens. What most services have today.
absl::StatusOr<std::unique_ptr<ControlLaw>> MakeFixedLaw(const FixedOptions& options = {});

struct NoneOptions {};

std::span<const OptionSpec<NoneOptions>> NoneOptionSpecs();

// No limit at all: what every other law is compared with.
absl::StatusOr<std::unique_ptr<ControlLaw>> MakeNoneLaw(const NoneOptions& options = {});

}  // namespace loadline::control
