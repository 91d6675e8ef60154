// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <string>

namespace loadline::cli {

// As printf. Lines of reports and pictures stay below 400 characters.
template <typename... Values>
std::string Format(const char* format, Values... values) {
  char text[400];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

// Three digits, so that the text of a scenario says all that is played.
inline std::string ThreeDigits(double value) { return Format("%.3g", value); }

}  // namespace loadline::cli
