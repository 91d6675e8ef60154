// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <limits>
#include <string_view>

#include "absl/status/status.h"
#include "loadline/clock.h"

// What may come in from outside: names, numbers, bounds. A rule that several rooms keep stands here
// once, and every refusal is an InvalidArgument of one form:
//
//     FIELD: VALUE must be RULE          pool "db": threads_min: 0 must be in [1, 65536]
//
// Thread safety: pure functions.
namespace loadline {

absl::Status MustBe(std::string_view field, double value, std::string_view rule);
absl::Status MustBe(std::string_view field, Clock::Duration value, std::string_view rule);

// Of `value`, which may hold anything, kNameMax bytes at most are shown: quoted and escaped.
absl::Status MustBe(std::string_view field, std::string_view value, std::string_view rule);

// Names of services, pools and limiters end up as labels of many series, so they are short; there
// is room for "team/service.component".
inline constexpr std::size_t kNameMax = 64;

// OK for 1 to kNameMax printable characters of ASCII, none of them a space, quote or backslash.
absl::Status CheckName(std::string_view field, std::string_view name);

// The fields NOUN_min, NOUN_initial and NOUN_max of `owner`.
struct Bounds {
  double min = 0;
  double initial = 0;
  double max = 0;
};

// OK for least <= min <= initial <= max <= most, all finite.
absl::Status CheckBounds(std::string_view owner, std::string_view noun, const Bounds& bounds,
                         double least, double most = std::numeric_limits<double>::max());

}  // namespace loadline
