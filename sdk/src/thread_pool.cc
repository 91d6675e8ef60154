// SPDX-License-Identifier: Apache-2.0
#include "loadline/thread_pool.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "loadline/detail/fork_watch.h"
#include "loadline/detail/mutex.h"
#include "sdk/src/pool_governor.h"
#include "sdk/src/thread_pool_options.h"
#include "sdk/src/worker_set.h"

namespace loadline {
class ThreadPool::Impl {
 public:
  Impl(const ThreadPoolOptions& options, PoolGovernor governor)
      : options_(options),
        workers_(options),
        governor_(std::move(governor)),
        target_{.threads = SizerOptions(options).threads_initial,
                .reason = options.sizing == Sizing::kFixed ? control::Reason::kFixed
                                                           : control::Reason::kWarmup},
        ticked_at_(options.clock->Now()) {
    workers_.SetTarget(target_.threads);
  }

  const ThreadPoolOptions& options() const { return options_; }
  bool in_child() const { return fork_watch_.in_child(); }
  WorkerSet& workers() { return workers_; }
  const WorkerSet& workers() const { return workers_; }

  void Resize(int threads) {
    detail::MutexLock lock(mutex_);
    target_.threads = std::clamp(threads, options_.threads_min, options_.threads_max);
    workers_.SetTarget(target_.threads);
  }

  void Tick(const PoolTick& tick) {
    workers_.Sweep(tick.now);  // Without the lock: it calls back into the service.
    detail::MutexLock lock(mutex_);
    if (tick.now <= ticked_at_) {
      return;
    }
    signal_ = tick.signal_state;
    std::int64_t started = 0;
    const control::PoolWindow window = CloseWindow(tick, started);
    if (options_.sizing == Sizing::kAuto) {
      target_ = governor_.OnTick(window, started);
      workers_.SetTarget(target_.threads);
    }
  }

  ThreadPoolStats Stats() const {
    ThreadPoolStats stats = workers_.Stats();
    detail::MutexLock lock(mutex_);
    stats.target = target_;
    stats.signal = signal_;
    return stats;
  }

 private:
  control::PoolWindow CloseWindow(const PoolTick& tick, std::int64_t& started)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const ThreadPoolStats stats = workers_.Stats();
    const WorkerSet::Peaks peaks = workers_.TakePeaks();
    const control::PoolWindow window{
        .now = tick.now,
        .span = tick.now - ticked_at_,
        .threads = stats.threads,
        .threads_active = stats.threads_active,
        .threads_active_max = peaks.active_max,
        .queued = stats.queued,
        .completed = stats.completed_total - seen_.completed_total,
        .queue_wait_max = peaks.queue_wait_max,
        .task_time_sum = stats.task_time_total - seen_.task_time_total,
        .signal = tick.signal,
        .cpus = tick.cpus,
        .limit = tick.limit,
        .limit_binds = tick.limit_binds,
    };
    started = stats.started_total - seen_.started_total;
    seen_ = stats;
    ticked_at_ = tick.now;
    return window;
  }

  const ThreadPoolOptions options_;
  const detail::ForkWatch fork_watch_;
  WorkerSet workers_;

  mutable detail::Mutex mutex_;  // Held by Tick(), Resize() and Stats(), never around a task.
  PoolGovernor governor_ ABSL_GUARDED_BY(mutex_);
  control::PoolSize target_ ABSL_GUARDED_BY(mutex_);
  Clock::Time ticked_at_ ABSL_GUARDED_BY(mutex_);
  ThreadPoolStats seen_ ABSL_GUARDED_BY(mutex_);
  SignalState signal_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<std::unique_ptr<ThreadPool>> ThreadPool::Create(const ThreadPoolOptions& options) {
  if (absl::Status status = Validate(options); !status.ok()) {
    return status;
  }
  absl::StatusOr<PoolGovernor> governor = PoolGovernor::Create(options);
  if (!governor.ok()) {
    return governor.status();
  }
  auto impl = std::make_unique<Impl>(options, *std::move(governor));
  if (impl->Stats().threads == 0) {
    return absl::ResourceExhaustedError(
        absl::StrCat("pool \"", options.name, "\": no thread could be started"));
  }
  return std::unique_ptr<ThreadPool>(new ThreadPool(std::move(impl)));
}

ThreadPool::ThreadPool(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ThreadPool::~ThreadPool() {
  if (impl_->in_child()) {
    static_cast<void>(
        impl_.release());  // Its threads are the parent's, and its locks may be theirs.
    return;
  }
  Shutdown(Drain::kDropQueued);
}

Submitted ThreadPool::Submit(Task task, TaskOptions options) {
  if (impl_->in_child()) {
    return Submitted::kShutdown;
  }
  return impl_->workers().Submit(std::move(task), std::move(options));
}
void ThreadPool::Resize(int threads) {
  if (!impl_->in_child()) {
    impl_->Resize(threads);
  }
}
void ThreadPool::Tick(const PoolTick& tick) {
  if (!impl_->in_child()) {
    impl_->Tick(tick);
  }
}
void ThreadPool::Shutdown(Drain drain) {
  if (!impl_->in_child()) {
    impl_->workers().Shutdown(drain);
  }
}

const std::string& ThreadPool::name() const noexcept { return impl_->options().name; }
ThreadPoolStats ThreadPool::Stats() const {
  return impl_->in_child() ? ThreadPoolStats{} : impl_->Stats();
}
std::vector<pid_t> ThreadPool::tids() const {
  return impl_->in_child() ? std::vector<pid_t>{} : impl_->workers().tids();
}
std::uint64_t ThreadPool::tids_version() const noexcept { return impl_->workers().tids_version(); }
AddressRange ThreadPool::idle_addresses() const noexcept {
  return impl_->workers().idle_addresses();
}

ThreadPool::BlockingScope::BlockingScope(ThreadPool& pool) : pool_(pool) {
  if (!pool_.impl_->in_child()) {
    pool_.impl_->workers().AddBlocked(1);
  }
}
ThreadPool::BlockingScope::~BlockingScope() {
  if (!pool_.impl_->in_child()) {
    pool_.impl_->workers().AddBlocked(-1);
  }
}

}  // namespace loadline
