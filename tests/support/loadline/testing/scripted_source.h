// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "agent/src/sampler/source.h"

namespace loadline::testing {

// A Source that answers what the test wrote into `reading`, and remembers what it was asked.
//
// Thread safety: any thread, through the members; a test that runs beside an agent uses Edit().
class ScriptedSource : public agent::Source {
 public:
  std::string_view name() const override { return "scripted"; }

  // Changes what the next readings answer.
  template <typename Change>
  void Edit(Change change) {
    absl::MutexLock lock(&mutex_);
    change(reading_);
  }

  void FailWith(absl::Status status) {
    absl::MutexLock lock(&mutex_);
    failure_ = std::move(status);
  }

  absl::Status ReadHost(agent::HostReading& out) override {
    absl::MutexLock lock(&mutex_);
    if (!failure_.ok()) {
      return failure_;
    }
    out = reading_;
    return absl::OkStatus();
  }

  absl::Status ReadRegistered(std::span<const pid_t> tgids, agent::HostReading& out) override {
    absl::MutexLock lock(&mutex_);
    out = reading_;
    out.detail.set(agent::Feature::kUnregistered, false);
    std::erase_if(out.threads, [&](const auto& thread) {
      return std::ranges::find(tgids, thread.tgid) == tgids.end();
    });
    return failure_;
  }

  absl::Status ReadProcesses(std::span<const pid_t> tgids, agent::HostReading& out) override {
    absl::MutexLock lock(&mutex_);
    out = {};
    out.taken_at = reading_.taken_at;
    std::ranges::copy_if(
        reading_.threads, std::back_inserter(out.threads),
        [&](const auto& thread) { return std::ranges::find(tgids, thread.tgid) != tgids.end(); });
    return failure_;
  }

  absl::Status AddIdleAddresses(pid_t tgid, std::uint64_t start, std::uint32_t length) override {
    absl::MutexLock lock(&mutex_);
    idle_[tgid].push_back({start, length});
    return absl::OkStatus();
  }

  void RemoveProcess(pid_t tgid) override {
    absl::MutexLock lock(&mutex_);
    idle_.erase(tgid);
    removed_.push_back(tgid);
  }

  absl::Status AssignPool(pid_t tid, std::uint32_t pool) override {
    absl::MutexLock lock(&mutex_);
    pools_[tid] = pool;
    return absl::OkStatus();
  }

  agent::Ledgers* ledgers() override { return ledgers_; }
  void set_ledgers(agent::Ledgers* ledgers) { ledgers_ = ledgers; }

  std::uint32_t histograms_max() const override { return 4; }
  bool SetHistogram(std::uint32_t histogram, std::span<const std::uint32_t> pools) override {
    absl::MutexLock lock(&mutex_);
    histograms_[histogram].assign(pools.begin(), pools.end());
    return true;
  }
  std::map<std::uint32_t, std::vector<std::uint32_t>> histograms() const {
    absl::MutexLock lock(&mutex_);
    return histograms_;
  }

  void SetDetail(const agent::Detail& detail) override {
    absl::MutexLock lock(&mutex_);
    reading_.detail = detail;
  }
  agent::Detail detail() const {
    absl::MutexLock lock(&mutex_);
    return reading_.detail;
  }

  struct IdleRange {
    std::uint64_t start = 0;
    std::uint32_t length = 0;
  };
  std::vector<IdleRange> idle_addresses(pid_t tgid) const {
    absl::MutexLock lock(&mutex_);
    const auto found = idle_.find(tgid);
    return found == idle_.end() ? std::vector<IdleRange>{} : found->second;
  }
  std::vector<pid_t> removed() const {
    absl::MutexLock lock(&mutex_);
    return removed_;
  }
  std::map<pid_t, std::uint32_t> pools() const {
    absl::MutexLock lock(&mutex_);
    return pools_;
  }

 private:
  agent::Ledgers* ledgers_ = nullptr;
  mutable absl::Mutex mutex_;
  agent::HostReading reading_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  std::map<pid_t, std::vector<IdleRange>> idle_ ABSL_GUARDED_BY(mutex_);
  std::vector<pid_t> removed_ ABSL_GUARDED_BY(mutex_);
  std::map<pid_t, std::uint32_t> pools_ ABSL_GUARDED_BY(mutex_);
  std::map<std::uint32_t, std::vector<std::uint32_t>> histograms_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace loadline::testing
