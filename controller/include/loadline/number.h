// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>

// Numbers as text from outside: flags, keys of files, parameters of requests. One rule for all:
// decimal digits (so 0100 is a hundred, and 0x64 is none), a minus sign where the range has room
// for it, a fraction and an exponent unless the number is whole; no blanks, no plus sign, nothing
// behind it, neither nan nor inf.
//
// Thread safety: pure functions.
namespace loadline {

// Both ends belong to it.
struct NumberRange {
  double least = 0;
  double most = 0;
  bool whole = true;
};

inline constexpr NumberRange kAnyNumber{.least = -std::numeric_limits<double>::max(),
                                        .most = std::numeric_limits<double>::max(),
                                        .whole = false};

// The number that `text` is; nothing, if it is none or is outside of `range`.
std::optional<double> ReadNumber(std::string_view text, const NumberRange& range);

// What ReadNumber() takes, in words: "a whole number from 0 to 65535, in decimal digits".
std::string NumberRule(const NumberRange& range);

}  // namespace loadline
