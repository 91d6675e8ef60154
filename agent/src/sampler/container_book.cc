// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/container_book.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"
#include "agent/src/sampler/proc_container.h"

namespace loadline::agent {
namespace {

// Of all hierarchies, the longest path: with several of version 1, the one that somebody made.
std::string DeepestGroup(std::string_view groups) {
  std::string_view deepest;
  while (!groups.empty()) {
    const std::size_t end = std::min(groups.find('\n'), groups.size());
    const std::string_view line = groups.substr(0, end);
    groups.remove_prefix(std::min(end + 1, groups.size()));
    const std::size_t path = line.find(":/");
    if (path != std::string_view::npos && line.size() - path - 1 > deepest.size()) {
      deepest = line.substr(path + 1);
    }
  }
  return std::string(deepest == "/" ? std::string_view() : deepest);
}

}  // namespace

void ContainerBook::Update(std::span<const LivingProcess> living) {
  ++reading_;
  for (const LivingProcess& one : living) {
    Process& process = processes_[one.tgid];
    if (one.started_at_ns != 0 && process.started_at_ns != one.started_at_ns) {
      process = Process();
      process.started_at_ns = one.started_at_ns;
    }
    process.seen = reading_;
    if (process.readings % kReadAgain <= 1) {
      const std::string groups = proc_.ReadAll(absl::StrCat(proc_.OfProcess(one.tgid), "/cgroup"));
      process.container = ContainerName(groups);
      process.group = DeepestGroup(groups);
    }
    ++process.readings;
  }
  absl::erase_if(processes_,
                 [&](const auto& entry) { return entry.second.seen + kGoneMax < reading_; });
}

std::string_view ContainerBook::GroupOf(pid_t tgid) const {
  const auto found = processes_.find(tgid);
  return found == processes_.end() ? std::string_view() : found->second.group;
}

std::string_view ContainerBook::Of(pid_t tgid) const {
  const auto found = processes_.find(tgid);
  return found == processes_.end() ? std::string_view() : found->second.container;
}

}  // namespace loadline::agent
