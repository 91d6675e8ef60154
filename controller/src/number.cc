// SPDX-License-Identifier: Apache-2.0
#include "loadline/number.h"

#include <charconv>
#include <cmath>
#include <system_error>

#include "text.h"

namespace loadline {

std::optional<double> ReadNumber(std::string_view text, const NumberRange& range) {
  // from_chars takes "inf" and "nan", and nothing else that has no digit up front.
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || (digits.front() != '.' && (digits.front() < '0' || digits.front() > '9'))) {
    return std::nullopt;
  }
  if (range.whole && digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [read, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || read != end || !(number >= range.least && number <= range.most)) {
    return std::nullopt;
  }
  return number;
}

std::string NumberRule(const NumberRange& range) {
  return control::Text(range.whole ? "a whole number" : "a number", " from ", range.least, " to ",
                       range.most, ", in decimal digits");
}

}  // namespace loadline
