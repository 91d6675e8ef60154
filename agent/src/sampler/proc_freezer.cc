// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/proc_freezer.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace loadline::agent {

ProcFreezer::ProcFreezer(const ProcFs& proc)
    : proc_(proc),
      version1_(FindHierarchy(proc.ReadAll("self/mountinfo"), "freezer")),
      version2_(FindUnifiedHierarchy(proc.ReadAll("self/mountinfo"))) {}

void ProcFreezer::BeginReading() {
  ++reading_;
  said_.clear();
  if (reading_ % kReadAgain == 0) {
    absl::erase_if(processes_,
                   [&](const auto& entry) { return entry.second.seen + kReadAgain < reading_; });
  }
}

// The state of version 1 is that of the levels above too. In version 2 each level has a switch of
// its own; what is above the highest that we see shows in the events of that one.
Freezing ProcFreezer::Of(pid_t tgid) {
  const Process& process = Find(tgid);
  if (!process.version1.empty() &&
      Says(absl::StrCat(process.version1.front(), "/freezer.state"), "FR")) {
    return Freezing::kVersion1;
  }
  const auto& levels = process.version2;
  const bool frozen =
      !levels.empty() && (std::ranges::any_of(levels,
                                              [this](const std::string& level) {
                                                return Says(level + "/cgroup.freeze", "1");
                                              }) ||
                          Says(levels.back() + "/cgroup.events", "frozen 1"));
  return frozen ? Freezing::kVersion2 : Freezing::kNo;
}

ProcFreezer::Process& ProcFreezer::Find(pid_t tgid) {
  Process& process = processes_[tgid];
  if (process.seen == 0 || reading_ - process.read >= kReadAgain) {
    const std::string cgroup = proc_.ReadAll(absl::StrCat(proc_.OfProcess(tgid), "/cgroup"));
    process.version1 =
        version1_ ? GroupDirectories(*version1_, cgroup) : std::vector<std::string>();
    process.version2 =
        version2_ ? GroupDirectories(*version2_, cgroup) : std::vector<std::string>();
    process.read = reading_;
  }
  process.seen = std::max<std::uint64_t>(reading_, 1);
  return process;
}

bool ProcFreezer::Says(const std::string& path, std::string_view word) {
  const auto [entry, inserted] = said_.try_emplace(path);
  if (inserted) {
    entry->second = proc_.ReadAll(path).find(word) != std::string::npos;
  }
  return entry->second;
}

}  // namespace loadline::agent
