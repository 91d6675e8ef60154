// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/process_book.h"

#include <utility>

#include "agent/src/model/label_text.h"

namespace loadline::agent {
namespace {

constexpr std::string_view kKernel = "kernel";

}  // namespace

void ProcessBook::BeginReading(bool partial, std::span<const Registration> registered) {
  ++reading_;
  partial_ = partial;
  registration_of_.clear();
  for (auto& [tgid, process] : processes_) {
    process.registration = nullptr;
  }
  for (const Registration& registration : registered) {
    registration_of_[registration.tgid] = &registration;
    if (const auto found = processes_.find(registration.tgid); found != processes_.end()) {
      found->second.registration = &registration;
      found->second.registered = found->second.always_read = true;
      found->second.label = registration.service;
    }
  }
}

Process& ProcessBook::Of(const ThreadSample& sample) {
  const auto [found, is_new] = processes_.try_emplace(sample.tgid);
  if (is_new) {
    const auto registration = registration_of_.find(sample.tgid);
    found->second.registration =
        registration == registration_of_.end() ? nullptr : registration->second;
  }
  return found->second;
}

void ProcessBook::See(const ThreadSample& sample, Process& process) const {
  if (process.seen != reading_) {
    process.seen = reading_;
    process.kernel = sample.kernel;
    const bool was_registered = std::exchange(process.registered, process.registration != nullptr);
    process.named &= !was_registered || process.registered;
    process.always_read = process.registered || partial_;
    if (process.registered) {
      process.label = process.registration->service;
    } else if (sample.kernel) {
      process.label = kKernel;
    }
  }
  const bool leads = sample.tid == sample.tgid;
  if ((leads || process.label.empty()) && !process.registered && !sample.kernel) {
    process.label = LabelText(sample.name);
  }
  if (leads) {
    process.named = true;
    process.pid_inner = sample.tid_inner;
    process.started_at_ns = sample.started_at_ns;
  }
}

void ProcessBook::NameOthers(const std::function<ProcessFacts(pid_t)>& facts) {
  for (auto& [tgid, process] : processes_) {
    if (process.named || !IsSeen(process) || process.kernel) {
      continue;
    }
    process.named = true;
    const ProcessFacts found = facts ? facts(tgid) : ProcessFacts();
    process.pid_inner = found.pid_inner;
    if (!found.name.empty() && !process.registered) {
      process.label = LabelText(found.name);
    }
  }
}

const Process* ProcessBook::Find(pid_t tgid) const {
  const auto found = processes_.find(tgid);
  return found == processes_.end() ? nullptr : &found->second;
}

bool ProcessBook::IsRead(pid_t tgid) const {
  if (!partial_) {
    return true;
  }
  const Process* process = Find(tgid);
  return process != nullptr && process->always_read;
}

std::vector<LivingProcess> ProcessBook::Living() const {
  std::vector<LivingProcess> living;
  living.reserve(processes_.size());
  for (const auto& [tgid, process] : processes_) {
    if (IsSeen(process) && !process.kernel) {
      living.push_back({.tgid = tgid, .started_at_ns = process.started_at_ns});
    }
  }
  return living;
}

void ProcessBook::Forget() {
  absl::erase_if(processes_,
                 [&](const auto& entry) { return !IsSeen(entry.second) && IsRead(entry.first); });
}

}  // namespace loadline::agent
