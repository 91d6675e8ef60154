// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/holder_looks.h"

#include <pthread.h>

#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace loadline::agent {

// Outlives a HolderLooks whose look hangs.
struct HolderLooks::Shared {
  enum class State { kIdle, kAsked, kLooking, kDone, kEnded };

  explicit Shared(Walk how) : walk(std::move(how)) {}

  bool IsAsked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    return state == State::kAsked || state == State::kEnded;
  }
  bool IsDone() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) { return state == State::kDone; }

  const Walk walk;
  absl::Mutex mutex;
  State state ABSL_GUARDED_BY(mutex) = State::kIdle;
  std::vector<pid_t> tgids ABSL_GUARDED_BY(mutex);
  std::vector<ll_lock_holder> found ABSL_GUARDED_BY(mutex);
};

HolderLooks::HolderLooks(Walk walk, Clock::Duration patience)
    : patience_(patience), shared_(std::make_shared<Shared>(std::move(walk))) {
  std::thread([shared = shared_] {
    pthread_setname_np(pthread_self(), "lock-holders");
    Run(shared);
  }).detach();
}

HolderLooks::~HolderLooks() {
  absl::MutexLock lock(&shared_->mutex);
  shared_->state = Shared::State::kEnded;
}

void HolderLooks::Run(const std::shared_ptr<Shared>& shared) {
  for (;;) {
    std::vector<pid_t> tgids;
    {
      absl::MutexLock lock(&shared->mutex, absl::Condition(shared.get(), &Shared::IsAsked));
      if (shared->state == Shared::State::kEnded) {
        return;
      }
      shared->state = Shared::State::kLooking;
      tgids = std::move(shared->tgids);
    }
    std::vector<ll_lock_holder> found;
    if (!shared->walk(tgids, found).ok()) {
      found.clear();
    }
    absl::MutexLock lock(&shared->mutex);
    if (shared->state == Shared::State::kEnded) {
      return;
    }
    shared->found = std::move(found);
    shared->state = Shared::State::kDone;
  }
}

std::vector<ll_lock_holder> HolderLooks::Look(std::vector<pid_t> tgids) {
  absl::MutexLock lock(&shared_->mutex);
  if (shared_->state == Shared::State::kDone) {  // Of a look that was late.
    shared_->state = Shared::State::kIdle;
  }
  if (shared_->state != Shared::State::kIdle) {
    ++late_;
    return {};
  }
  shared_->tgids = std::move(tgids);
  shared_->state = Shared::State::kAsked;
  if (!shared_->mutex.AwaitWithTimeout(absl::Condition(shared_.get(), &Shared::IsDone),
                                       absl::FromChrono(patience_))) {
    ++late_;
    return {};
  }
  shared_->state = Shared::State::kIdle;
  return std::move(shared_->found);
}

}  // namespace loadline::agent
