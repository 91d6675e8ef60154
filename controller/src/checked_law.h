// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "loadline/control/control_law.h"
#include "loadline/control/option.h"

namespace loadline::control {

// A `Law` made of `options`, or the error that CheckOptions() finds in them.
template <typename Law, typename Options>
absl::StatusOr<std::unique_ptr<ControlLaw>> MakeChecked(std::string_view name,
                                                        const Options& options) {
  if (absl::Status status = CheckOptions(name, options); !status.ok()) {
    return status;
  }
  return std::make_unique<Law>(options);
}

}  // namespace loadline::control
