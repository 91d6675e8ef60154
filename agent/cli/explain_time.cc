// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/explain_time.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "fmt/format.h"

namespace loadline::cli {
namespace {

constexpr std::string_view kRule =
    "must be a time that has been, such as 03:12, 03:12:30, 2026-12-01T03:12, 15m, -15m or \"15m "
    "ago\"";

// "15m", "1h30m": whole numbers of s, m and h.
std::optional<absl::Duration> ReadAge(std::string_view text) {
  if (text.starts_with('-')) {
    text.remove_prefix(1);
  }
  constexpr std::string_view kAgo = " ago";
  if (text.ends_with(kAgo)) {
    text.remove_suffix(kAgo.size());
  }
  const bool plain = std::ranges::all_of(text, [](unsigned char c) {
    return absl::ascii_isdigit(c) || c == 's' || c == 'm' || c == 'h';
  });
  absl::Duration age;
  // Abseil's "ms" would be taken for minutes at a glance.
  if (!plain || text.find("ms") != std::string_view::npos ||
      !absl::ParseDuration(std::string(text), &age) || age == absl::InfiniteDuration()) {
    return std::nullopt;
  }
  return age;
}

// A digit stands for a digit, all else for itself.
bool HasForm(std::string_view text, std::string_view form) {
  return std::ranges::equal(text, form, [](unsigned char c, unsigned char wanted) {
    return absl::ascii_isdigit(wanted) ? absl::ascii_isdigit(c) : c == wanted;
  });
}

std::optional<absl::Time> ReadDate(std::string_view text, absl::TimeZone zone) {
  absl::CivilSecond second;
  if (HasForm(text, "0000-00-00T00:00:00") || HasForm(text, "0000-00-00 00:00:00")) {
    std::string whole(text);
    whole[10] = 'T';
    // A 60th second would be read as the next minute.
    if (absl::ParseCivilTime(whole, &second) && absl::FormatCivilTime(second) == whole) {
      return absl::FromCivil(second, zone);
    }
  } else if (HasForm(text, "0000-00-00T00:00") || HasForm(text, "0000-00-00 00:00")) {
    return ReadDate(std::string(text) + ":00", zone);
  }
  return std::nullopt;
}

std::optional<absl::Time> ReadClock(std::string_view text, absl::Time now, absl::TimeZone zone) {
  const bool short_time = HasForm(text, "00:00");
  if (!short_time && !HasForm(text, "00:00:00")) {
    return std::nullopt;
  }
  const absl::CivilDay today = absl::ToCivilDay(now, zone);
  for (const absl::CivilDay day : {today, today - 1}) {
    const std::string whole =
        fmt::format("{}T{}{}", absl::FormatCivilTime(day), text, short_time ? ":00" : "");
    const std::optional<absl::Time> time = ReadDate(whole, zone);
    if (!time || *time <= now) {
      return time;
    }
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<absl::Time> ReadPastTime(std::string_view flag, std::string_view text,
                                        absl::Time now, absl::TimeZone zone) {
  std::optional<absl::Time> time;
  if (const std::optional<absl::Duration> age = ReadAge(text)) {
    time = now - *age;
  } else if (time = ReadClock(text, now, zone); !time) {
    time = ReadDate(text, zone);
  }
  if (!time || *time > now || *time < absl::UnixEpoch()) {
    return absl::InvalidArgumentError(
        fmt::format("{}: \"{}\" {}", flag, absl::CHexEscape(std::string(text)), kRule));
  }
  return *time;
}

}  // namespace loadline::cli
