// SPDX-License-Identifier: Apache-2.0
#include "sdk/src/worker_set.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

namespace loadline {
namespace {

// A thread that was needed a minute ago may be needed again, and is woken sooner than started.
constexpr Clock::Duration kParkedMax = std::chrono::seconds{60};

// Zero and what no clock reaches mean the same: it waits as long as it takes.
Clock::Time ExpiresAt(Clock::Time now, Clock::Duration wait_max) {
  const bool ever = wait_max > Clock::Duration::zero() && wait_max < QueuedTask::kNever - now;
  return ever ? now + wait_max : QueuedTask::kNever;
}

void DropAll(std::vector<QueuedTask> tasks) {
  for (QueuedTask& task : tasks) {
    task.Drop();
  }
}

}  // namespace

WorkerSet::WorkerSet(const ThreadPoolOptions& options)
    : options_(options), clock_(*options.clock), queue_(options.queue_max) {}

Submitted WorkerSet::Submit(ThreadPool::Task task, TaskOptions options) {
  const Clock::Time now = clock_.Now();
  QueuedTask queued{
      .run = std::move(task),
      .on_dropped = std::move(options.on_dropped),
      .queued_at = now,
      .expires_at = ExpiresAt(now, options.queue_deadline.value_or(options_.queue_deadline))};
  std::vector<QueuedTask> expired;
  Submitted answer = Submitted::kAccepted;
  bool wake = false;
  {
    detail::MutexLock lock(mutex_);
    if (queue_.full()) {
      expired = TakeExpired(now);
    }
    if (stopping_) {
      answer = Submitted::kShutdown;
    } else if (queue_.full()) {
      ++counts_.refused_total;
      answer = Submitted::kQueueFull;
    } else {
      queue_.Push(std::move(queued));
      wake = waiting_ > 0;
    }
  }
  if (wake) {
    idle_.work.NotifyOne();
  }
  DropAll(std::move(expired));
  return answer;
}

void WorkerSet::SetTarget(int threads) {
  {
    detail::MutexLock lock(mutex_);
    target_ = std::clamp(threads, options_.threads_min, options_.threads_max);
  }
  Adjust();
}

void WorkerSet::AddBlocked(int difference) {
  {
    detail::MutexLock lock(mutex_);
    blocked_ += difference;
  }
  Adjust();
}

int WorkerSet::Wanted() const { return std::min(target_ + blocked_, options_.threads_max); }

// While it drains, a task may still wait for one that is queued behind it.
bool WorkerSet::MayStart() const { return !stopping_ || !queue_.empty(); }

void WorkerSet::Adjust() {
  {
    detail::MutexLock lock(mutex_);
    if (counts_.threads == Wanted() || !MayStart()) {
      return;
    }
    if (counts_.threads > Wanted()) {
      idle_.work.NotifyAll();  // Who waits for work sees the debt, and parks.
      return;
    }
  }
  detail::MutexLock spawn(spawn_mutex_);
  int missing = 0;
  {
    detail::MutexLock lock(mutex_);
    missing = MayStart() ? Unpark(Wanted() - counts_.threads) : 0;
    counts_.threads += missing;
  }
  Spawn(missing);
}

int WorkerSet::Unpark(int workers) {
  for (; workers > 0 && !parked_.empty(); --workers) {
    parked_.back()->state = State::kReady;
    parked_.pop_back();
    ++counts_.threads;
  }
  idle_.parked.NotifyAll();
  return std::max(workers, 0);
}

WorkerSet::Worker& WorkerSet::AddWorker() {
  // The lowest number that is free, so that names stay short however many threads come and go.
  auto place = workers_.begin();
  int number = 0;
  while (place != workers_.end() && place->number == number) {
    ++place;
    ++number;
  }
  Worker& worker = *workers_.emplace(place);
  worker.number = number;
  return worker;
}

void WorkerSet::Spawn(int workers) {
  for (; workers > 0; --workers) {
    Worker* worker = nullptr;
    {
      detail::MutexLock lock(mutex_);
      worker = &AddWorker();
    }
    try {
      worker->thread = std::thread([this, worker] { Run(*worker); });
    } catch (const std::system_error&) {  // No memory for a stack, or a limit on threads.
      detail::MutexLock lock(mutex_);
      workers_.remove_if([&](const Worker& each) { return &each == worker; });
      --counts_.threads;
      ++counts_.spawn_failures_total;
    }
  }
}

void WorkerSet::Run(Worker& self) {
  pthread_sigmask(SIG_SETMASK, &signals_blocked_, nullptr);
  NameThisThread(ThreadName(options_.name, self.number));
  detail::MutexLock lock(mutex_);
  self.tid = gettid();
  tids_version_.fetch_add(1, std::memory_order_relaxed);
  while (AwaitWork(self)) {
    RunOne(self);
  }
  self.tid = 0;
  self.state = State::kGone;
  tids_version_.fetch_add(1, std::memory_order_relaxed);
}

bool WorkerSet::AwaitWork(Worker& self) {
  for (;;) {
    if (self.state == State::kEnding || (stopping_ && queue_.empty())) {
      return false;
    }
    if (counts_.threads > std::max(Wanted(), 1) && !stopping_) {
      Park(self);
    } else if (!queue_.empty()) {
      return true;
    } else {
      ++waiting_;
      idle_.work.Wait(mutex_);
      --waiting_;
    }
  }
}

void WorkerSet::Park(Worker& self) {
  --counts_.threads;
  self.state = State::kParked;
  self.since = clock_.Now();
  parked_.push_back(&self);
  if (!queue_.empty()) {
    idle_.work.NotifyOne();  // This thread may have been woken for a task that it now leaves.
  }
  while (self.state == State::kParked) {
    idle_.parked.Wait(mutex_);
  }
}

void WorkerSet::RunOne(Worker& self) {
  QueuedTask task = queue_.Pop();
  const Clock::Time started_at = clock_.Now();
  const bool expired = task.ExpiredAt(started_at);
  if (expired) {
    ++counts_.expired_total;
  } else {
    self.active = true;
    self.since = started_at;
    ++counts_.started_total;
    peaks_.active_max = std::max(peaks_.active_max, ++counts_.threads_active);
    peaks_.queue_wait_max = std::max(peaks_.queue_wait_max, started_at - task.queued_at);
  }
  mutex_.Unlock();
  if (expired) {
    task.Drop();
  } else {
    task.run();
  }
  task = {};  // What it captured is destroyed here, while no lock is held.
  const Clock::Time ended_at = clock_.Now();
  mutex_.Lock();
  if (!expired) {
    self.active = false;
    --counts_.threads_active;
    ++counts_.completed_total;
    counts_.task_time_total += ended_at - started_at;
  }
}

std::vector<QueuedTask> WorkerSet::TakeExpired(Clock::Time now) {
  std::vector<QueuedTask> expired = queue_.TakeExpired(now);
  counts_.expired_total += static_cast<std::int64_t>(expired.size());
  return expired;
}

void WorkerSet::Sweep(Clock::Time now) {
  std::vector<QueuedTask> expired;
  {
    detail::MutexLock lock(mutex_);
    expired = TakeExpired(now);
    const auto ends = [&](const Worker* worker) { return now - worker->since >= kParkedMax; };
    const auto first_kept = std::find_if_not(parked_.begin(), parked_.end(), ends);
    std::for_each(parked_.begin(), first_kept,
                  [](Worker* worker) { worker->state = State::kEnding; });
    parked_.erase(parked_.begin(), first_kept);
  }
  idle_.parked.NotifyAll();
  DropAll(std::move(expired));
  detail::MutexLock spawn(spawn_mutex_);
  Reap();
}

void WorkerSet::Reap() {
  std::list<Worker> gone;
  {
    detail::MutexLock lock(mutex_);
    if (stopping_) {
      return;  // Shutdown() joins them all.
    }
    for (auto it = workers_.begin(); it != workers_.end();) {
      const auto here = it++;
      if (here->state == State::kGone && here->thread.joinable()) {
        gone.splice(gone.end(), workers_, here);
      }
    }
  }
  for (Worker& worker : gone) {
    worker.thread.join();
  }
}

void WorkerSet::Shutdown(Drain drain) {
  std::vector<QueuedTask> dropped;
  {
    detail::MutexLock lock(mutex_);
    stopping_ = true;
    if (drain == Drain::kDropQueued) {
      dropped = queue_.TakeAll();
    }
    for (Worker* worker : std::exchange(parked_, {})) {
      worker->state = State::kEnding;
    }
  }
  idle_.work.NotifyAll();
  idle_.parked.NotifyAll();
  DropAll(std::move(dropped));

  detail::MutexLock shutdown(shutdown_mutex_);
  while (std::thread* thread = NextToJoin()) {
    thread->join();
  }
}

// Clears the workers once all are joined.
std::thread* WorkerSet::NextToJoin() {
  detail::MutexLock spawn(spawn_mutex_);  // Nobody is just being started.
  detail::MutexLock lock(mutex_);
  const auto alive = std::find_if(workers_.begin(), workers_.end(),
                                  [](const Worker& worker) { return worker.thread.joinable(); });
  if (alive != workers_.end()) {
    return &alive->thread;
  }
  workers_.clear();
  counts_.threads = 0;
  return nullptr;
}

WorkerSet::Peaks WorkerSet::TakePeaks() {
  detail::MutexLock lock(mutex_);
  return std::exchange(peaks_, {.active_max = counts_.threads_active});
}

ThreadPoolStats WorkerSet::Stats() const {
  detail::MutexLock lock(mutex_);
  const Clock::Time now = clock_.Now();
  ThreadPoolStats stats = counts_;
  stats.queued = queue_.size();
  stats.threads_parked = static_cast<int>(parked_.size());
  stats.busy_total = stats.task_time_total;
  for (const Worker& worker : workers_) {
    if (worker.active) {
      stats.busy_total += now - worker.since;
    }
  }
  return stats;
}

std::vector<pid_t> WorkerSet::tids() const {
  detail::MutexLock lock(mutex_);
  std::vector<pid_t> tids;
  tids.reserve(workers_.size());
  for (const Worker& worker : workers_) {
    if (worker.tid != 0) {
      tids.push_back(worker.tid);
    }
  }
  return tids;
}

AddressRange WorkerSet::idle_addresses() const {
  return {reinterpret_cast<std::uintptr_t>(&idle_), sizeof(idle_)};
}

}  // namespace loadline
