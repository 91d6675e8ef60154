// SPDX-License-Identifier: Apache-2.0
#include "agent/src/daemon/config_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/status/status.h"
#include "fmt/format.h"
#include "yaml-cpp/yaml.h"

namespace loadline::agent {
namespace {

absl::Status Error(const std::string& path, int line, const std::string& what) {
  return absl::InvalidArgumentError(fmt::format("{}:{}: {}", path, line, what));
}

int LineOf(const YAML::Mark& mark) { return mark.line + 1; }  // yaml-cpp counts from 0.

absl::StatusOr<std::vector<FileEntry>> EntriesOf(const YAML::Node& root, const std::string& path) {
  std::vector<FileEntry> entries;
  if (root.IsNull()) {
    return entries;
  }
  if (!root.IsMap()) {
    return Error(path, LineOf(root.Mark()), "must be lines of \"key: value\"");
  }
  for (const auto& item : root) {
    const int line = LineOf(item.first.Mark());
    if (!item.first.IsScalar()) {
      return Error(path, line, "a key must be a name");
    }
    const std::string& key = item.first.Scalar();
    if (!item.second.IsScalar()) {
      return Error(path, line, fmt::format("{}: must be one plain value", key));
    }
    if (std::ranges::find(entries, key, &FileEntry::key) != entries.end()) {
      return Error(path, line, fmt::format("{}: is there twice", key));
    }
    entries.push_back({.key = key, .value = item.second.Scalar(), .line = line});
  }
  return entries;
}

}  // namespace

absl::StatusOr<std::vector<FileEntry>> ReadConfigFile(const std::string& path) {
  std::ifstream file(path);  // Opens directories too, and fails on reading.
  const int open_error = errno;
  std::error_code ignored;  // A path that cannot be looked at could not be opened either.
  const bool is_directory = std::filesystem::is_directory(path, ignored);
  const int error = is_directory ? EISDIR : open_error;  // Means nothing if the file is open.
  if (!file || is_directory) {
    return absl::InvalidArgumentError(
        fmt::format("--config: cannot read {}: {}", path, std::strerror(error)));
  }
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(file);
    if (documents.size() > 1) {
      return Error(path, LineOf(documents[1].Mark()), "must be one document, and a second begins");
    }
    return documents.empty() ? std::vector<FileEntry>() : EntriesOf(documents[0], path);
  } catch (const YAML::Exception& thrown) {  // yaml-cpp knows no other way.
    return Error(path, LineOf(thrown.mark), thrown.msg);
  }
}

}  // namespace loadline::agent
