// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "loadline/sim/distribution.h"
#include "loadline/sim/schedule.h"
#include "yaml-cpp/yaml.h"

// The kinds of value in a scenario file. Each reader names the key in its error.
namespace loadline::cli {

using sim::Ns;

absl::Status ReadText(const YAML::Node& node, const std::string& key, std::string& text);
absl::Status ReadFlag(const YAML::Node& node, const std::string& key, bool& flag);
absl::Status ReadCount(const YAML::Node& node, const std::string& key, int& count);  // >= 0.
absl::Status ReadNumber(const YAML::Node& node, const std::string& key, double& number);

// "20 %" or 0.2, as 0.2.
absl::Status ReadPart(const YAML::Node& node, const std::string& key, double& part);
absl::Status ReadParts(const YAML::Node& node, const std::string& key, std::vector<double>& parts);

// "250 ms", "3 us", "5 s", "2 min"; a bare number is seconds.
absl::Status ReadTime(const YAML::Node& node, const std::string& key, Ns& time);

// "constant T", "exp T", "uniform T 20 %", "lognormal T CV", "pareto T ALPHA [MOST]"; or a list of
// {share: 10 %, of: "..."}. T is the mean.
absl::Status ReadDistribution(const YAML::Node& node, const std::string& key,
                              sim::Distribution& distribution);

// One distribution, or a map of times (in seconds) to distributions.
absl::Status ReadTimeline(const YAML::Node& node, const std::string& key, sim::Timeline& timeline);

// One number, or a map of times (in seconds) to numbers; "to 4.5" is reached in a straight line.
enum class Unit { kNumber, kPart, kTime };
absl::Status ReadSchedule(const YAML::Node& node, const std::string& key, Unit unit,
                          sim::Schedule& schedule);

}  // namespace loadline::cli
