// SPDX-License-Identifier: Apache-2.0
#include "loadline/rules.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>

#include "absl/strings/escaping.h"
#include "text.h"

namespace loadline {
namespace {

using control::Text;

bool IsNameCharacter(char c) { return c > ' ' && c <= '~' && c != '"' && c != '\\'; }

absl::Status Refuse(std::string_view field, std::string_view value, std::string_view rule) {
  return absl::InvalidArgumentError(Text(field, ": ", value, " must be ", rule));
}

std::string Within(double least, double most) {
  return most < std::numeric_limits<double>::max() ? Text("in [", least, ", ", most, "]")
                                                   : Text("finite and at least ", least);
}

}  // namespace

absl::Status MustBe(std::string_view field, double value, std::string_view rule) {
  return Refuse(field, Text(value), rule);
}

absl::Status MustBe(std::string_view field, Clock::Duration value, std::string_view rule) {
  return Refuse(field, Text(std::chrono::duration<double, std::milli>(value).count(), " ms"), rule);
}

absl::Status MustBe(std::string_view field, std::string_view value, std::string_view rule) {
  const std::string shown(value.substr(0, kNameMax));
  return Refuse(field, Text('"', absl::CHexEscape(shown), '"'), rule);
}

absl::Status CheckName(std::string_view field, std::string_view name) {
  if (!name.empty() && name.size() <= kNameMax && std::ranges::all_of(name, IsNameCharacter)) {
    return absl::OkStatus();
  }
  return MustBe(
      field, name,
      Text("1 to ", kNameMax, " printable ASCII characters without space, quote and backslash"));
}

absl::Status CheckBounds(std::string_view owner, std::string_view noun, const Bounds& bounds,
                         double least, double most) {
  const auto field = [&](std::string_view end) { return Text(owner, ": ", noun, end); };
  if (!(bounds.min >= least && bounds.min <= most)) {  // Not `< ||`: NaN is refused too.
    return MustBe(field("_min"), bounds.min, Within(least, most));
  }
  if (!(bounds.max >= bounds.min && bounds.max <= most)) {
    return MustBe(field("_max"), bounds.max,
                  Text(Within(bounds.min, most), ", from ", noun, "_min"));
  }
  if (!(bounds.initial >= bounds.min && bounds.initial <= bounds.max)) {
    return MustBe(field("_initial"), bounds.initial,
                  Text(Within(bounds.min, bounds.max), ", from ", noun, "_min to ", noun, "_max"));
  }
  return absl::OkStatus();
}

}  // namespace loadline
