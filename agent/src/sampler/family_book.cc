// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/family_book.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "agent/src/sampler/proc_parse.h"

namespace loadline::agent {
namespace {

constexpr int kGenerationsMax = 8;  // A chain of forks that goes on is no server.

}  // namespace

void FamilyBook::Read(pid_t tgid, Process& process) {
  const std::string text = proc_.ReadAll(absl::StrCat(tgid, "/stat"));
  if (const std::optional<ProcStat> stat = ParseStat(text)) {
    process.parent = stat->parent;
    process.stack_start = stat->stack_start;
  }
}

void FamilyBook::Update(std::span<const LivingProcess> living) {
  ++reading_;
  for (const LivingProcess& one : living) {
    Process& process = processes_[one.tgid];
    if (one.started_at_ns != 0 && process.started_at_ns != one.started_at_ns) {
      process = Process();
      process.started_at_ns = one.started_at_ns;
    }
    process.seen = reading_;
    if (process.readings % kReadAgain <= 1) {
      Read(one.tgid, process);
    }
    ++process.readings;
  }
  absl::erase_if(processes_, [&](const auto& entry) { return entry.second.seen != reading_; });
}

pid_t FamilyBook::RootOf(pid_t tgid) const {
  auto at = processes_.find(tgid);
  for (int i = 0; i < kGenerationsMax && at != processes_.end(); ++i) {
    const auto parent = processes_.find(at->second.parent);
    if (parent == processes_.end() || at->second.stack_start == 0 ||
        parent->second.stack_start != at->second.stack_start) {
      break;
    }
    at = parent;
  }
  return at == processes_.end() ? tgid : at->first;
}

}  // namespace loadline::agent
