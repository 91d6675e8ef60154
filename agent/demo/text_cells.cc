// SPDX-License-Identifier: Apache-2.0
#include "agent/demo/text_cells.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "absl/strings/str_format.h"

namespace loadline::demo {
namespace {

std::string_view Sgr(Ink ink) {
  switch (ink) {
    case Ink::kPlain:
      return "";
    case Ink::kStrong:
      return "1";
    case Ink::kFaint:
      return "2";
    case Ink::kGood:
      return "32";
    case Ink::kWarn:
      return "33";
    case Ink::kBad:
      return "31";
    case Ink::kInfo:
      return "36";
  }
  return "";
}

std::string Printable(std::string_view text) {
  std::string clean(text);
  std::ranges::replace_if(
      clean, [](char c) { return c < ' ' || c > '~'; }, '?');
  return clean;
}

std::string Repeat(std::string_view glyph, int times) {
  std::string row;
  for (int i = 0; i < times; ++i) {
    row += glyph;
  }
  return row;
}

// Columns per part; rounding takes from the widest, which shows it least.
std::vector<int> Divide(std::span<const BarPart> parts, int width) {
  const int total = std::accumulate(parts.begin(), parts.end(), 0,
                                    [](int sum, const BarPart& part) { return sum + part.count; });
  std::vector<int> columns(parts.size());
  for (std::size_t i = 0; i < parts.size() && total > 0; ++i) {
    const double share = static_cast<double>(parts[i].count) / total;
    columns[i] =
        parts[i].count == 0 ? 0 : std::max(1, static_cast<int>(std::lround(share * width)));
  }
  int excess = std::accumulate(columns.begin(), columns.end(), 0) - (total > 0 ? width : 0);
  while (excess != 0) {
    const auto widest = std::ranges::max_element(columns);
    const int step = excess > 0 ? 1 : -1;
    *widest -= step;
    excess -= step;
  }
  return columns;
}

}  // namespace

std::string Paint(Ink ink, std::string_view text, const Style& style) {
  const std::string_view sgr = Sgr(ink);
  if (!style.color || sgr.empty()) {
    return std::string(text);
  }
  std::string painted = "\x1b[";
  return painted.append(sgr).append("m").append(text).append("\x1b[0m");
}

std::string Left(std::string_view text, int width) {
  std::string clean = Printable(text);
  clean.resize(static_cast<std::size_t>(std::max(width, 0)), ' ');
  return clean;
}

std::string Right(std::string_view text, int width) {
  const std::string clean = Printable(text);
  const auto columns = static_cast<std::size_t>(std::max(width, 0));
  if (clean.size() >= columns) {
    return clean.substr(0, columns);
  }
  return std::string(columns - clean.size(), ' ') + clean;
}

std::string Number(double value, int digits) { return absl::StrFormat("%.*f", digits, value); }

std::string Sparkline(std::span<const double> values, double full, int width, const Style& style) {
  constexpr std::array<std::string_view, 8> kBlocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::array<std::string_view, 8> kAscii = {"_", ".", ":", "-", "=", "+", "*", "#"};
  const auto columns = static_cast<std::size_t>(width);
  if (values.size() > columns) {
    values = values.last(columns);
  }
  std::string line;
  for (const double value : values) {
    const double share = full > 0 ? std::clamp(value / full, 0.0, 1.0) : 0.0;
    const auto level = static_cast<std::size_t>(std::lround(share * 7));
    const Ink ink = share >= 0.95 ? Ink::kGood : share >= 0.5 ? Ink::kWarn : Ink::kBad;
    line += Paint(ink, style.unicode ? kBlocks[level] : kAscii[level], style);
  }
  return line;
}

std::string StackedBar(std::span<const BarPart> parts, int width, const Style& style) {
  const std::vector<int> columns = Divide(parts, width);
  std::string bar;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string_view ascii(&parts[i].ascii, 1);
    if (columns[i] > 0) {
      bar +=
          Paint(parts[i].ink, Repeat(style.unicode ? parts[i].unicode : ascii, columns[i]), style);
    }
  }
  return bar;
}

}  // namespace loadline::demo
