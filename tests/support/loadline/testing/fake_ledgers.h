// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "agent/src/sampler/ledgers.h"

namespace loadline::testing {

// A keeper of ledgers without a kernel: what it has open, and what it answers, is the test's to
// say.
class FakeLedgers final : public agent::Ledgers {
 public:
  FakeLedgers() : fd_(memfd_create("ledger", MFD_CLOEXEC)) {}
  ~FakeLedgers() override { close(fd_); }

  absl::StatusOr<agent::Ledger> Open(pid_t tgid) override {
    absl::MutexLock lock(&mutex_);
    if (!fail_.ok()) {
      return fail_;
    }
    if (auto meanwhile = std::exchange(meanwhile_, nullptr)) {
      meanwhile(tgid);
    }
    if (!open_.try_emplace(tgid, Need::kNothing).second) {
      return absl::AlreadyExistsError("open");
    }
    return agent::Ledger{.fd = fd_, .slots = slots_, .generation = 1};
  }
  absl::StatusOr<agent::Ledger> Replace(pid_t tgid) override {
    absl::MutexLock lock(&mutex_);
    open_[tgid] = Need::kNothing;
    return agent::Ledger{.fd = fd_, .slots = 2 * slots_, .generation = 2};
  }
  void Close(pid_t tgid) override {
    absl::MutexLock lock(&mutex_);
    open_.erase(tgid);
  }
  Need NeedOf(pid_t tgid) override {
    absl::MutexLock lock(&mutex_);
    return open_.at(tgid);
  }
  absl::Status ShowAlive() override { return absl::OkStatus(); }
  void Clean() override {}
  std::vector<pid_t> Processes() const override {
    absl::MutexLock lock(&mutex_);
    std::vector<pid_t> tgids;
    for (const auto& [tgid, need] : open_) {
      tgids.push_back(tgid);
    }
    return tgids;
  }
  Use use() const override {
    absl::MutexLock lock(&mutex_);
    return {.processes = open_.size(), .bytes = 0};
  }

  void Needs(pid_t tgid, Need need) {
    absl::MutexLock lock(&mutex_);
    open_.at(tgid) = need;
  }
  // Of those opened from now on; twice as many when replaced.
  void HaveSlots(std::uint32_t slots) {
    absl::MutexLock lock(&mutex_);
    slots_ = slots;
  }
  void Fail(absl::Status status) {
    absl::MutexLock lock(&mutex_);
    fail_ = std::move(status);
  }
  // Runs while the next ledger is being opened.
  void Meanwhile(std::function<void(pid_t)> run) {
    absl::MutexLock lock(&mutex_);
    meanwhile_ = std::move(run);
  }
  bool IsOpen(pid_t tgid) const {
    absl::MutexLock lock(&mutex_);
    return open_.contains(tgid);
  }

 private:
  const int fd_;
  mutable absl::Mutex mutex_;
  std::uint32_t slots_ ABSL_GUARDED_BY(mutex_) = 16;
  absl::Status fail_ ABSL_GUARDED_BY(mutex_);
  std::function<void(pid_t)> meanwhile_ ABSL_GUARDED_BY(mutex_);
  std::map<pid_t, Need> open_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace loadline::testing
