// SPDX-License-Identifier: Apache-2.0
#include "agent/simulate/yaml_values.h"

#include <limits>
#include <optional>
#include <sstream>
#include <string_view>

#include "agent/simulate/yaml_map.h"
#include "loadline/number.h"

namespace loadline::cli {
namespace {

constexpr double kLongest = 1e7;  // Seconds: a third of what fits into the clock.

std::vector<std::string> Words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) {
    words.push_back(word);
  }
  return words;
}

// "250 ms" and "250ms"; takes its words from the front.
std::optional<double> TakeTime(std::vector<std::string>& words) {
  if (words.empty()) {
    return std::nullopt;
  }
  std::string text = words.front();
  words.erase(words.begin());
  std::string unit;
  if (const std::size_t end = text.find_last_of("0123456789."); end != std::string::npos) {
    unit = text.substr(end + 1);
    text.resize(end + 1);
  }
  if (unit.empty() && !words.empty()) {
    for (const char* each : {"ns", "us", "ms", "s", "min"}) {
      if (words.front() == each) {
        unit = each;
        words.erase(words.begin());
        break;
      }
    }
  }
  const std::optional<double> number = ReadNumber(text, kAnyNumber);
  const double scale = unit == "ns"                  ? 1
                       : unit == "us"                ? 1e3
                       : unit == "ms"                ? 1e6
                       : unit == "min"               ? 60e9
                       : unit == "s" || unit.empty() ? 1e9
                                                     : -1;
  if (!number || scale < 0 || *number < 0 || *number * scale > kLongest * 1e9) {
    return std::nullopt;
  }
  return *number * scale;
}

// "20 %", "20%", "0.2"; takes its words from the front.
std::optional<double> TakePart(std::vector<std::string>& words) {
  if (words.empty()) {
    return std::nullopt;
  }
  std::string text = words.front();
  words.erase(words.begin());
  bool percent = text.ends_with('%');
  if (percent) {
    text.pop_back();
  } else if (!words.empty() && words.front() == "%") {
    percent = true;
    words.erase(words.begin());
  }
  const std::optional<double> number = ReadNumber(text, kAnyNumber);
  return number && percent ? *number / 100 : number;
}

constexpr char kTimeRule[] = "must be a time, as in 250 ms or 5 s";
constexpr char kPartRule[] = "must be a part, as in 20 % or 0.2";

std::optional<sim::Distribution> DistributionOf(const std::string& text) {
  using Kind = sim::Distribution::Kind;
  std::vector<std::string> words = Words(text);
  if (words.empty()) {
    return std::nullopt;
  }
  const std::string kind = words.front();
  words.erase(words.begin());
  const std::optional<double> mean = TakeTime(words);
  if (!mean) {
    return std::nullopt;
  }
  sim::Distribution distribution{.mean = *mean};
  std::optional<double> shape = 0;
  if (kind == "exp") {
    distribution.kind = Kind::kExponential;
  } else if (kind == "uniform" || kind == "lognormal" || kind == "pareto") {
    shape = TakePart(words);
    distribution.kind = kind == "uniform"     ? Kind::kUniform
                        : kind == "lognormal" ? Kind::kLognormal
                                              : Kind::kPareto;
  } else if (kind != "constant") {
    return std::nullopt;
  }
  if (!shape || *shape < 0 || (kind == "uniform" && *shape > 1) ||
      (kind == "pareto" && *shape <= 1)) {
    return std::nullopt;
  }
  distribution.shape = *shape;
  if (kind == "pareto" && !words.empty()) {
    distribution.cap = TakeTime(words).value_or(-1);
  }
  return words.empty() && distribution.cap >= 0 ? std::optional(distribution) : std::nullopt;
}

absl::Status ReadMixture(const YAML::Node& node, const std::string& key,
                         sim::Distribution& distribution) {
  distribution.kind = sim::Distribution::Kind::kMixture;
  double sum = 0;
  for (const YAML::Node& each : node) {
    sim::Distribution part;
    double share = 1;
    YamlMap map(each, key);
    map.Require("share", [&](const YAML::Node& n) { return ReadPart(n, key + ".share", share); });
    map.Require("of", [&](const YAML::Node& n) { return ReadDistribution(n, key + ".of", part); });
    if (absl::Status status = map.Done(); !status.ok()) {
      return status;
    }
    sum += share;
    part.share = share;
    distribution.parts.push_back(part);
  }
  return std::abs(sum - 1) < 1e-9 ? absl::OkStatus()
                                  : YamlError(node, key, "the shares must add up to 100 %");
}

// Times of a schedule are seconds, and rise.
absl::Status ReadAt(const YAML::Node& node, const std::string& key, Ns after, Ns& at) {
  absl::Status status = ReadTime(node, key, at);
  if (!status.ok() || at > after) {
    return status;
  }
  return YamlError(node, key, "times must rise");
}

absl::Status ReadUnit(const YAML::Node& node, const std::string& key, Unit unit, double& value) {
  if (unit == Unit::kPart) {
    return ReadPart(node, key, value);
  }
  if (unit == Unit::kNumber) {
    return ReadNumber(node, key, value);
  }
  Ns time = 0;
  absl::Status status = ReadTime(node, key, time);
  value = static_cast<double>(time);
  return status;
}

}  // namespace

absl::Status ReadText(const YAML::Node& node, const std::string& key, std::string& text) {
  if (!node.IsScalar()) {
    return YamlError(node, key, "must be text");
  }
  text = node.Scalar();
  return absl::OkStatus();
}

absl::Status ReadFlag(const YAML::Node& node, const std::string& key, bool& flag) {
  if (!node.IsScalar() || (node.Scalar() != "true" && node.Scalar() != "false")) {
    return YamlError(node, key, "must be true or false");
  }
  flag = node.Scalar() == "true";
  return absl::OkStatus();
}

absl::Status ReadCount(const YAML::Node& node, const std::string& key, int& count) {
  constexpr NumberRange kCounts{.least = 0, .most = std::numeric_limits<int>::max()};
  const std::optional<double> value =
      node.IsScalar() ? ReadNumber(node.Scalar(), kCounts) : std::nullopt;
  if (!value) {
    return YamlError(node, key, "must be a whole number >= 0");
  }
  count = static_cast<int>(*value);
  return absl::OkStatus();
}

absl::Status ReadNumber(const YAML::Node& node, const std::string& key, double& number) {
  const std::optional<double> value =
      node.IsScalar() ? ReadNumber(node.Scalar(), kAnyNumber) : std::nullopt;
  if (!value || *value < 0) {
    return YamlError(node, key, "must be a number >= 0");
  }
  number = *value;
  return absl::OkStatus();
}

absl::Status ReadPart(const YAML::Node& node, const std::string& key, double& part) {
  std::vector<std::string> words =
      node.IsScalar() ? Words(node.Scalar()) : std::vector<std::string>{};
  const std::optional<double> value = TakePart(words);
  if (!value || !words.empty() || *value < 0) {
    return YamlError(node, key, kPartRule);
  }
  part = *value;
  return absl::OkStatus();
}

absl::Status ReadParts(const YAML::Node& node, const std::string& key, std::vector<double>& parts) {
  if (!node.IsSequence()) {
    return YamlError(node, key, "must be a list of parts, as in [20 %, 80 %]");
  }
  double sum = 0;
  for (const YAML::Node& each : node) {
    absl::Status status = ReadPart(each, key, parts.emplace_back());
    if (!status.ok()) {
      return status;
    }
    sum += parts.back();
  }
  return std::abs(sum - 1) < 1e-9 ? absl::OkStatus() : YamlError(node, key, "must add up to 100 %");
}

absl::Status ReadTime(const YAML::Node& node, const std::string& key, Ns& time) {
  std::vector<std::string> words =
      node.IsScalar() ? Words(node.Scalar()) : std::vector<std::string>{};
  const std::optional<double> value = TakeTime(words);
  if (!value || !words.empty()) {
    return YamlError(node, key, kTimeRule);
  }
  time = std::llround(*value);
  return absl::OkStatus();
}

absl::Status ReadDistribution(const YAML::Node& node, const std::string& key,
                              sim::Distribution& distribution) {
  if (node.IsSequence()) {
    return ReadMixture(node, key, distribution);
  }
  const std::optional<sim::Distribution> value =
      node.IsScalar() ? DistributionOf(node.Scalar()) : std::nullopt;
  if (!value) {
    return YamlError(node, key,
                     "must be one of: constant T, exp T, uniform T 20 %, lognormal T CV, "
                     "pareto T ALPHA [MOST], with T as in 38 ms; or a list of {share, of}");
  }
  distribution = *value;
  return absl::OkStatus();
}

absl::Status ReadTimeline(const YAML::Node& node, const std::string& key, sim::Timeline& timeline) {
  timeline.pieces.clear();
  if (!node.IsMap()) {
    timeline.pieces.emplace_back();
    return ReadDistribution(node, key, timeline.pieces.back().distribution);
  }
  Ns after = -1;
  for (const auto& entry : node) {
    sim::Timeline::Piece piece;
    absl::Status status = ReadAt(entry.first, key, after, piece.from);
    if (status.ok()) {
      status = ReadDistribution(entry.second, key, piece.distribution);
    }
    if (!status.ok()) {
      return status;
    }
    after = piece.from;
    timeline.pieces.push_back(std::move(piece));
  }
  return absl::OkStatus();
}

absl::Status ReadSchedule(const YAML::Node& node, const std::string& key, Unit unit,
                          sim::Schedule& schedule) {
  schedule.points.clear();
  if (!node.IsMap()) {
    return ReadUnit(node, key, unit, schedule.points.emplace_back().value);
  }
  Ns after = -1;
  for (const auto& entry : node) {
    sim::Schedule::Point point;
    absl::Status status = ReadAt(entry.first, key, after, point.at);
    YAML::Node value = entry.second;
    if (value.IsScalar() && value.Scalar().starts_with("to ")) {
      point.ramp = !schedule.points.empty();
      value = YAML::Clone(value);
      value = value.Scalar().substr(3);
    }
    if (status.ok()) {
      status = ReadUnit(value, key, unit, point.value);
    }
    if (!status.ok()) {
      return status;
    }
    after = point.at;
    schedule.points.push_back(point);
  }
  return absl::OkStatus();
}

}  // namespace loadline::cli
