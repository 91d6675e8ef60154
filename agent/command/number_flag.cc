// SPDX-License-Identifier: Apache-2.0
#include "agent/command/number_flag.h"

#include <optional>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace loadline::cli {

CLI::Validator InRange(const NumberRange& range) {
  return {[range](std::string& text) {
            const std::optional<double> number = ReadNumber(text, range);
            if (!number) {
              return absl::StrCat("\"", absl::CHexEscape(text), "\" must be ", NumberRule(range));
            }
            if (range.whole) {
              text = std::to_string(static_cast<long long>(*number));  // Without leading zeros.
            }
            return std::string();
          },
          absl::StrCat("in [", range.least, " - ", range.most, "]")};
}

}  // namespace loadline::cli
