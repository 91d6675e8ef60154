// SPDX-License-Identifier: Apache-2.0
#include "agent/simulate/yaml_map.h"

#include "absl/strings/str_cat.h"

namespace loadline::cli {
namespace {

std::string ValueOf(const YAML::Node& node) {
  if (node.IsScalar()) {
    return node.Scalar();
  }
  return node.IsMap() ? "a map" : node.IsSequence() ? "a list" : "nothing";
}

}  // namespace

absl::Status YamlError(const YAML::Node& node, std::string_view key, std::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat("line ", node.Mark().line + 1, ": ",
                                                 std::string(key), ": ", ValueOf(node), ": ",
                                                 std::string(rule)));
}

YamlMap::YamlMap(const YAML::Node& node, std::string_view name) : node_(node), name_(name) {
  if (!node_.IsMap()) {
    status_ = YamlError(node_, name_.empty() ? "file" : name_, "must be a map of keys");
  }
}

void YamlMap::Read(const std::string& key,
                   const std::function<absl::Status(const YAML::Node&)>& read) {
  known_.insert(key);
  if (!status_.ok()) {
    return;
  }
  if (const YAML::Node value = node_[key]; value.IsDefined()) {
    status_ = read(value);
  }
}

void YamlMap::Require(const std::string& key,
                      const std::function<absl::Status(const YAML::Node&)>& read) {
  Read(key, read);
  if (status_.ok() && !node_[key].IsDefined()) {
    status_ = YamlError(node_, key, "is missing");
  }
}

absl::Status YamlMap::Done() {
  if (!status_.ok()) {
    return status_;
  }
  std::set<std::string> seen;
  for (const auto& entry : node_) {
    const std::string key = entry.first.Scalar();
    if (!known_.contains(key)) {
      std::string known;
      for (const std::string& each : known_) {
        absl::StrAppend(&known, known.empty() ? "" : ", ", each);
      }
      return YamlError(entry.first, name_.empty() ? "key" : name_,
                       absl::StrCat("unknown; must be one of: ", known));
    }
    if (!seen.insert(key).second) {
      return YamlError(entry.first, name_.empty() ? "key" : name_, "given twice");
    }
  }
  return absl::OkStatus();
}

}  // namespace loadline::cli
