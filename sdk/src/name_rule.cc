// SPDX-License-Identifier: Apache-2.0
#include "loadline/detail/name_rule.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"

namespace loadline::detail {

absl::Status CheckName(std::string_view what, std::string_view name) {
  constexpr std::size_t kLengthMax = 63;
  const bool printable = std::all_of(name.begin(), name.end(), [](char c) {
    return c > ' ' && c <= '~' && c != '"' && c != '\\';
  });
  if (name.empty() || name.size() > kLengthMax || !printable) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(what), " name: \"", std::string(name), "\" must be 1 to ",
                     kLengthMax, " printable ASCII characters without space, quote and backslash"));
  }
  return absl::OkStatus();
}

}  // namespace loadline::detail
