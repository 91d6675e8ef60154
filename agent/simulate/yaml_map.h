// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "yaml-cpp/yaml.h"

namespace loadline::cli {

// "line 7: deadline: 3 apples: must be a time, as in 250 ms or 5 s"
absl::Status YamlError(const YAML::Node& node, std::string_view key, std::string_view rule);

// One map of a YAML file, read key by key; a key that nobody asked for is an error.
//
//     YamlMap map(node, "pool");
//     map.Read("threads", [&](const YAML::Node& value) { return ReadCount(value, pool.threads); });
//     return map.Done();
//
// Errors: the first one sticks. Each names line, key, value and rule.
class YamlMap {
 public:
  // `name` is how errors call the map; empty for the whole file.
  YamlMap(const YAML::Node& node, std::string_view name);

  // Passes the value of `key` to `read`, if there is one.
  void Read(const std::string& key, const std::function<absl::Status(const YAML::Node&)>& read);
  void Require(const std::string& key, const std::function<absl::Status(const YAML::Node&)>& read);

  absl::Status Done();

 private:
  const YAML::Node node_;
  const std::string name_;
  std::set<std::string> known_;
  absl::Status status_;
};

}  // namespace loadline::cli
