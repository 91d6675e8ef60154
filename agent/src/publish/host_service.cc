// SPDX-License-Identifier: Apache-2.0
#include "agent/src/publish/host_service.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "fmt/format.h"

namespace loadline::agent {
namespace {

constexpr std::chrono::milliseconds kWatchIntervalDefault{1000};
constexpr std::chrono::milliseconds kWatchIntervalMin{100};
constexpr std::chrono::milliseconds kWatchIntervalMax{60'000};

// A reading that comes a little early, by the scheduler's leave, must not make a watcher wait for
// the next.
constexpr std::chrono::milliseconds kWatchEarly{20};

Clock::Duration WatchInterval(std::uint32_t wanted_ms) {
  const std::chrono::milliseconds wanted{wanted_ms};
  return wanted_ms == 0 ? kWatchIntervalDefault
                        : std::clamp(wanted, kWatchIntervalMin, kWatchIntervalMax);
}

// Both number their codes alike.
grpc::Status ToGrpc(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

}  // namespace

// One stream. gRPC calls the On... members, one thread at a time; Offer() may come at any time
// until OnDone().
class HostService::Watcher final : public grpc::ServerWriteReactor<v1::PoolsSnapshot> {
 public:
  Watcher(HostService& service, const v1::WatchPoolsRequest& request)
      : process(request.process()),
        name(request.name()),
        interval(WatchInterval(request.interval_ms())),
        service_(service) {}

  // Whether there has been what it is about. A stream goes on when that is gone.
  bool is_found() {
    absl::MutexLock lock(&mutex_);
    return found_;
  }

  // Due for another snapshot at `now`?
  bool IsDue(Clock::Time now) {
    absl::MutexLock lock(&mutex_);
    return !writing_ && !finished_ && now + kWatchEarly >= due_at_;
  }

  void Offer(v1::PoolsSnapshot snapshot, Clock::Time now) {
    absl::MutexLock lock(&mutex_);
    if (writing_ || finished_) {
      return;
    }
    snapshot_ = std::move(snapshot);
    found_ = true;
    writing_ = true;
    due_at_ = now + interval;
    StartWrite(&snapshot_);
  }

  void End(const grpc::Status& status) {
    absl::MutexLock lock(&mutex_);
    if (!std::exchange(finished_, true)) {
      Finish(status);
    }
  }

  void OnWriteDone(bool ok) override {
    {
      absl::MutexLock lock(&mutex_);
      writing_ = false;
    }
    if (!ok) {
      End(grpc::Status::CANCELLED);
    }
  }

  void OnCancel() override { End(grpc::Status::CANCELLED); }

  void OnDone() override {
    service_.Leave(this);
    delete this;
  }

  const std::string process;
  const std::string name;
  const Clock::Duration interval;

 private:
  HostService& service_;
  absl::Mutex mutex_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool found_ ABSL_GUARDED_BY(mutex_) = false;
  Clock::Time due_at_ ABSL_GUARDED_BY(mutex_);
  v1::PoolsSnapshot snapshot_;  // Belongs to gRPC while writing_.
};

HostService::HostService(Options options, const ViewBoard& board, const Registry& registry,
                         const Clock& clock)
    : options_(std::move(options)),
      board_(board),
      registry_(registry),
      clock_(clock),
      started_at_(clock.Now()) {}

grpc::ServerWriteReactor<v1::PoolsSnapshot>* HostService::WatchPools(
    grpc::CallbackServerContext* /*context*/, const v1::WatchPoolsRequest* request) {
  auto* watcher = new Watcher(*this, *request);  // Deletes itself in OnDone().
  absl::MutexLock lock(&mutex_);
  const bool full = watchers_.size() >= options_.watchers_max;
  watchers_.insert(watcher);
  if (full) {
    watcher->End({grpc::StatusCode::RESOURCE_EXHAUSTED,
                  fmt::format("watchers: at most {} are served", options_.watchers_max)});
  } else if (board_.ready()) {
    Send(board_.Read(), registry_.Reports(), clock_.Now(), *watcher);
  }
  return watcher;
}

void HostService::Publish() {
  absl::MutexLock lock(&mutex_);
  if (watchers_.empty() || !board_.ready()) {
    return;
  }
  const Clock::Time now = clock_.Now();
  const HostView view = board_.Read();
  const ServiceReports reports = registry_.Reports();
  for (Watcher* watcher : watchers_) {
    if (watcher->IsDue(now)) {
      Send(view, reports, now, *watcher);
    }
  }
}

Clock::Duration HostService::Interval(Clock::Duration otherwise) const {
  absl::MutexLock lock(&mutex_);
  for (const Watcher* watcher : watchers_) {
    otherwise = std::min(otherwise, watcher->interval);
  }
  return otherwise;
}

void HostService::Send(const HostView& view, const ServiceReports& reports, Clock::Time now,
                       Watcher& watcher) const {
  if (!watcher.is_found()) {
    if (const absl::Status status = CheckName(view, watcher.name); !status.ok()) {
      watcher.End(ToGrpc(status));
      return;
    }
  }
  watcher.Offer(MakeSnapshot(view, reports,
                             {.process = watcher.process,
                              .name = watcher.name,
                              .pools_max = options_.pools_max,
                              .uptime = now - started_at_,
                              .diagnosed = board_.ReadDiagnosed()}),
                now);
}

grpc::ServerUnaryReactor* HostService::Explain(grpc::CallbackServerContext* context,
                                               const v1::ExplainRequest* request,
                                               v1::Report* report) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (!options_.explain) {
    reactor->Finish({grpc::StatusCode::UNIMPLEMENTED, "this agent makes no reports"});
    return reactor;
  }
  absl::StatusOr<v1::Report> made = options_.explain(*request);
  const absl::Status status = made.status();
  if (made.ok()) {
    *report = *std::move(made);
  }
  reactor->Finish(ToGrpc(status));
  return reactor;
}

void HostService::Leave(Watcher* watcher) {
  absl::MutexLock lock(&mutex_);
  watchers_.erase(watcher);
}

}  // namespace loadline::agent
