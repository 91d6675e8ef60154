// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/container_book.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "agent/src/sampler/proc_container.h"

namespace loadline::agent {
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
      process.groups = ParseControlGroups(groups);
    }
    ++process.readings;
  }
  absl::erase_if(processes_,
                 [&](const auto& entry) { return entry.second.seen + kGoneMax < reading_; });
}

ControlGroups ContainerBook::GroupsOf(pid_t tgid) const {
  const auto found = processes_.find(tgid);
  return found == processes_.end() ? ControlGroups() : found->second.groups;
}

std::string_view ContainerBook::Of(pid_t tgid) const {
  const auto found = processes_.find(tgid);
  return found == processes_.end() ? std::string_view() : found->second.container;
}

}  // namespace loadline::agent
