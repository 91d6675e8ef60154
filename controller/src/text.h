// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <sstream>
#include <string>

namespace loadline::control {

// The parts, one after the other; numbers as they would be written, 1000001 and not 1e+06.
// absl::StrCat would do, but Debian's Abseil was built for C++14 and does not take a
// std::string_view.
template <typename... Parts>
std::string Text(const Parts&... parts) {
  std::ostringstream text;
  text.precision(std::numeric_limits<double>::digits10);
  (text << ... << parts);
  return std::move(text).str();
}

}  // namespace loadline::control
