// SPDX-License-Identifier: Apache-2.0
#include "agent/simulate/phase_reader.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "agent/simulate/yaml_map.h"
#include "agent/simulate/yaml_values.h"

namespace loadline::cli {
namespace {

using Node = YAML::Node;

absl::Status ReadBottleneck(const Node& node, const std::string& key,
                            std::optional<control::Bottleneck>& bottleneck) {
  const auto& names = control::kBottleneckNames;
  const auto found = std::find(names.begin(), names.end(), node.Scalar());
  if (found == names.end()) {
    std::string known;
    for (const std::string_view name : names) {
      absl::StrAppend(&known, known.empty() ? "" : ", ", std::string(name));
    }
    return YamlError(node, key, absl::StrCat("must be one of: ", known));
  }
  bottleneck = static_cast<control::Bottleneck>(found - names.begin());
  return absl::OkStatus();
}

absl::Status ReadSeconds(const Node& node, const std::string& key, double unit,
                         std::optional<double>& value) {
  Ns time = 0;
  absl::Status status = ReadTime(node, key, time);
  value = static_cast<double>(time) / unit;
  return status;
}

absl::Status ReadBound(const Node& node, const std::string& key, std::optional<double>& value) {
  return ReadPart(node, key, value.emplace());
}

absl::Status ReadGoodput(const Node& node, sim::Phase::Bounds& bounds) {
  bounds.ungated = node.Scalar() == "any";
  bounds.like_none = node.Scalar() == "as none";
  return bounds.ungated || bounds.like_none ? absl::OkStatus()
                                            : ReadBound(node, "goodput", bounds.goodput);
}

void ReadBounds(YamlMap& map, sim::Phase::Bounds& bounds) {
  map.Read("goodput", [&](const Node& n) { return ReadGoodput(n, bounds); });
  map.Read("p99", [&](const Node& n) { return ReadSeconds(n, "p99", 1e6, bounds.p99_ms); });
  map.Read("converge",
           [&](const Node& n) { return ReadSeconds(n, "converge", 1e9, bounds.converge_s); });
  map.Read("recover",
           [&](const Node& n) { return ReadSeconds(n, "recover", 1e9, bounds.recover_s); });
  const auto part = [&](const std::string& key, std::optional<double>& value) {
    map.Read(key, [&, key](const Node& n) { return ReadBound(n, key, value); });
  };
  part("false_shed", bounds.false_shed);
  part("drift", bounds.drift);
  part("in_flight", bounds.in_flight);
  part("jain", bounds.jain);
  part("inversions", bounds.inversions);
  part("top_level", bounds.top_level);
}

std::string SecondsText(Ns time) {
  const Ns tenths = time / (100 * sim::kMillisecond);
  return tenths % 10 == 0 ? absl::StrCat(tenths / 10) : absl::StrCat(tenths / 10, ".", tenths % 10);
}

absl::Status ReadPhase(const Node& node, sim::Phase& phase) {
  YamlMap map(node, "phases");
  std::string name;
  map.Read("name", [&](const Node& n) { return ReadText(n, "name", name); });
  map.Require("from", [&](const Node& n) { return ReadTime(n, "from", phase.from); });
  map.Require("to", [&](const Node& n) { return ReadTime(n, "to", phase.to); });
  map.Read("class", [&](const Node& n) { return ReadBottleneck(n, "class", phase.bottleneck); });
  map.Read("modifier",
           [&](const Node& n) { return ReadBottleneck(n, "modifier", phase.modifier); });
  ReadBounds(map, phase.bounds);
  absl::Status status = map.Done();
  if (status.ok() && (phase.from >= phase.to || phase.from % kBin != 0 || phase.to % kBin != 0)) {
    return YamlError(node["to"], "to", "must be above `from`, and both whole steps of 50 ms");
  }
  phase.name = absl::StrCat(name, name.empty() ? "" : " ", SecondsText(phase.from), "-",
                            SecondsText(phase.to));
  return status;
}

}  // namespace

absl::Status ReadPhases(const Node& node, sim::Scenario& scenario) {
  if (!node.IsSequence() || node.size() == 0 || node.size() > sim::kPhasesMax) {
    return YamlError(node, "phases",
                     absl::StrCat("must be a list of 1 to ", sim::kPhasesMax, " maps"));
  }
  for (const Node& each : node) {
    absl::Status status = ReadPhase(each, scenario.phases.emplace_back());
    if (!status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace loadline::cli
