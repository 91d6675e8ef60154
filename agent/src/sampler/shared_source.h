// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "agent/src/sampler/source.h"

namespace loadline::agent {

// One Source for the sampler of the host, the sampler of signals and all sessions: calls wait for
// each other, at most for the length of one reading.
//
// Thread safety: any thread, any time.
class SharedSource final : public Source {
 public:
  explicit SharedSource(std::unique_ptr<Source> source)
      : name_(source->name()),
        cannot_know_(source->cannot_know()),
        ledgers_(source->ledgers()),
        source_(std::move(source)) {}

  std::string_view name() const override { return name_; }
  std::span<const std::string_view> cannot_know() const override { return cannot_know_; }

  absl::Status ReadHost(HostReading& out) override {
    absl::MutexLock lock(&mutex_);
    return source_->ReadHost(out);
  }
  absl::Status ReadRegistered(std::span<const pid_t> tgids, HostReading& out) override {
    absl::MutexLock lock(&mutex_);
    return source_->ReadRegistered(tgids, out);
  }
  absl::Status ReadProcesses(std::span<const pid_t> tgids, HostReading& out) override {
    absl::MutexLock lock(&mutex_);
    return source_->ReadProcesses(tgids, out);
  }
  absl::Status AddIdleAddresses(pid_t tgid, std::uint64_t start, std::uint32_t length) override {
    absl::MutexLock lock(&mutex_);
    return source_->AddIdleAddresses(tgid, start, length);
  }
  void RemoveProcess(pid_t tgid) override {
    absl::MutexLock lock(&mutex_);
    source_->RemoveProcess(tgid);
  }
  absl::Status AssignPool(pid_t tid, std::uint32_t pool) override {
    absl::MutexLock lock(&mutex_);
    return source_->AssignPool(tid, pool);
  }
  std::uint32_t histograms_max() const override {
    absl::MutexLock lock(&mutex_);
    return source_->histograms_max();
  }
  bool SetHistogram(std::uint32_t histogram, std::span<const std::uint32_t> pools) override {
    absl::MutexLock lock(&mutex_);
    return source_->SetHistogram(histogram, pools);
  }
  void SetDetail(const Detail& detail) override {
    absl::MutexLock lock(&mutex_);
    source_->SetDetail(detail);
  }
  void WatchWakes(std::span<const std::pair<pid_t, std::uint32_t>> pools) override {
    absl::MutexLock lock(&mutex_);
    source_->WatchWakes(pools);
  }
  Ledgers* ledgers() override { return ledgers_; }

 private:
  const std::string_view name_;
  const std::span<const std::string_view> cannot_know_;
  Ledgers* const ledgers_;
  mutable absl::Mutex mutex_;
  const std::unique_ptr<Source> source_ ABSL_PT_GUARDED_BY(mutex_);
};

}  // namespace loadline::agent
