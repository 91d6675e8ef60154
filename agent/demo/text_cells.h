// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loadline::demo {

// How a terminal is drawn on.
struct Style {
  int width = 100;  // Columns.
  int height = 40;  // Rows.
  bool color = true;
  bool unicode = true;  // Else ASCII only.
};

// SGR parameters: names for what a colour says, not for how it looks.
enum class Ink { kPlain, kStrong, kFaint, kGood, kWarn, kBad, kInfo };

// `text` in that ink; as it is where the style has no colour.
std::string Paint(Ink ink, std::string_view text, const Style& style);

// Exactly `width` columns, none if that is negative: padded, or cut. Unprintable bytes become '?',
// so that a thread's name cannot steer the terminal. For plain text, before Paint().
std::string Left(std::string_view text, int width);
std::string Right(std::string_view text, int width);

// A number with `digits` after the point.
std::string Number(double value, int digits);

// One column per value, scaled so that `full` is the highest block; the newest values at the right.
std::string Sparkline(std::span<const double> values, double full, int width, const Style& style);

// `counts` share `width` columns in proportion. One that is not zero gets a column at least, as
// long as there are columns.
struct BarPart {
  int count = 0;
  Ink ink = Ink::kPlain;
  std::string_view unicode;
  char ascii = ' ';
};
std::string StackedBar(std::span<const BarPart> parts, int width, const Style& style);

}  // namespace loadline::demo
