// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "loadline/number.h"

namespace loadline::examples {

// For Option::transform(): the flag takes a whole number from `least` to `most`. CLI11 alone reads
// 0100 as 64.
inline CLI::Validator WholeNumber(int least, int most) {
  return {[range = NumberRange{.least = double(least), .most = double(most)}](std::string& text) {
            const std::optional<double> number = ReadNumber(text, range);
            if (!number) {
              return text + " must be " + NumberRule(range);
            }
            text = std::to_string(static_cast<int>(*number));
            return std::string();
          },
          "in [" + std::to_string(least) + " - " + std::to_string(most) + "]"};
}

}  // namespace loadline::examples
