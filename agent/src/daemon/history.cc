// SPDX-License-Identifier: Apache-2.0
#include "agent/src/daemon/history.h"

#include <string>
#include <utility>

#include "spdlog/spdlog.h"

namespace loadline::agent {

History::History(std::optional<StateFile> file, const Clock& clock,
                 std::function<double()> unix_time)
    : file_(std::move(file)),
      clock_(clock),
      unix_time_(std::move(unix_time)),
      saved_at_(clock.Now()),
      recorder_(Load()) {}

std::unique_ptr<FlightRecorder> History::Load() {
  if (!file_.has_value()) {
    return std::make_unique<FlightRecorder>();
  }
  absl::StatusOr<std::optional<std::string>> content = file_->Read();
  absl::Status status = content.status();
  if (content.ok()) {
    if (!content->has_value()) {
      return std::make_unique<FlightRecorder>();
    }
    auto loaded = FlightRecorder::Load(**content, clock_.Now(), unix_time_());
    if (loaded.ok()) {
      return *std::move(loaded);
    }
    status = loaded.status();
  }
  spdlog::warn("{} cannot be used, the past begins anew, and the file is {}.bad now: {}",
               file_->path(), file_->path(), std::string(status.message()));
  file_->SetAside();
  return std::make_unique<FlightRecorder>();
}

void History::Add(const Diagnosed& diagnosed, Clock::Time at) {
  {
    absl::MutexLock lock(&mutex_);
    recorder_->Add(diagnosed, at, unix_time_());
  }
  if (clock_.Now() - saved_at_ >= kSaveEvery) {
    Save();
  }
}

void History::Save() {
  if (!file_.has_value()) {
    return;
  }
  saved_at_ = clock_.Now();
  std::string content;
  {
    absl::MutexLock lock(&mutex_);
    content = recorder_->Save();
  }
  const absl::Status status = file_->Write(content);
  if (!status.ok() && !failing_) {
    spdlog::error("{}", std::string(status.message()));
  }
  failing_ = !status.ok();
}

absl::StatusOr<Diagnosed> History::Find(double at, double since, const Diagnosed& now) const {
  if (at <= 0 && since <= 0) {
    return now;
  }
  if (at > 0 && since > at) {
    return absl::InvalidArgumentError("since must not be after at");
  }
  const double now_unix = unix_time_();
  absl::MutexLock lock(&mutex_);
  return since > 0 ? recorder_->Between(since, at > 0 ? at : now_unix, now, now_unix)
                   : recorder_->At(at, now, now_unix);
}

std::uint64_t History::left_out() const {
  absl::MutexLock lock(&mutex_);
  return recorder_->left_out();
}

std::size_t History::bytes() const {
  absl::MutexLock lock(&mutex_);
  return recorder_->bytes();
}

}  // namespace loadline::agent
