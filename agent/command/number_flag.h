// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "CLI/CLI.hpp"
#include "loadline/number.h"

namespace loadline::cli {

// For Option::transform() of every flag that takes a number: the value must be one of `range`, as
// loadline/number.h reads it. CLI11 alone takes 0100 for 64, and NaN passes its own ranges.
CLI::Validator InRange(const NumberRange& range);

}  // namespace loadline::cli
