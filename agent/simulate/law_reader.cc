// SPDX-License-Identifier: Apache-2.0
#include "agent/simulate/law_reader.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/simulate/yaml_map.h"
#include "loadline/control/law_factory.h"
#include "loadline/number.h"

namespace loadline::cli {
namespace {

absl::Status AtLine(const YAML::Node& node, const absl::Status& status) {
  return status.ok() ? status
                     : absl::InvalidArgumentError(
                           absl::StrCat("line ", node.Mark().line + 1, ": ", status.message()));
}

absl::Status ReadOptions(const YAML::Node& node, LawChoice& choice) {
  for (const auto& entry : node) {
    const std::string key = entry.first.Scalar();
    if (key == "law") {
      continue;
    }
    const std::optional<double> value =
        entry.second.IsScalar() ? ReadNumber(entry.second.Scalar(), kAnyNumber) : std::nullopt;
    if (!value) {
      return YamlError(entry.second, key, "must be a number");
    }
    if (!choice.options.emplace(key, *value).second) {
      return YamlError(entry.first, choice.name, "given twice");
    }
    if (const absl::Status made = control::MakeLaw(choice.name, {{key, *value}}).status();
        !made.ok() && !absl::StartsWith(key, "limit_")) {
      return AtLine(entry.first, made);  // Bounds depend on each other: the law's line, below.
    }
  }
  return absl::OkStatus();
}

absl::Status ReadLaw(const YAML::Node& node, LawChoice& choice) {
  const YAML::Node name = node.IsMap() ? node["law"] : node;
  if (!name.IsDefined() || !name.IsScalar()) {
    return YamlError(node, "law", "must be a name, or a map with `law` and its options");
  }
  choice.name = name.Scalar();
  if (const absl::Status known = control::MakeLaw(choice.name).status(); !known.ok()) {
    return AtLine(name, known);
  }
  if (node.IsMap()) {
    if (absl::Status status = ReadOptions(node, choice); !status.ok()) {
      return status;
    }
  }
  return AtLine(node, control::MakeLaw(choice.name, choice.options).status());
}

}  // namespace

absl::StatusOr<std::vector<LawChoice>> ReadLaws(std::string_view text) {
  std::vector<LawChoice> choices;
  try {
    const YAML::Node root = YAML::Load(std::string(text));
    if (!root.IsSequence() || root.size() == 0) {
      return YamlError(root, "laws", "must be a list of laws");
    }
    for (const YAML::Node& each : root) {
      if (absl::Status status = ReadLaw(each, choices.emplace_back()); !status.ok()) {
        return status;
      }
    }
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("line ", error.mark.line + 1, ": ", error.msg));
  }
  return choices;
}

}  // namespace loadline::cli
