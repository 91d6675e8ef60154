// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "agent/src/diagnosis/make_report.h"
#include "agent/src/model/host_view.h"

namespace loadline::agent {

// Where the sampler leaves the newest view and everybody else finds it.
//
// Readers get a copy: some hundred rows, and nobody holds up the sampler.
//
// Thread safety: any thread, any time.
class ViewBoard {
 public:
  void Post(HostView view, std::shared_ptr<const Diagnosed> diagnosed) {
    absl::MutexLock lock(&mutex_);
    view_ = std::move(view);
    diagnosed_ = std::move(diagnosed);
    ready_ = true;
  }

  HostView Read() const {
    absl::MutexLock lock(&mutex_);
    return view_;
  }

  // What holds the pools of that view back. Null before there is one.
  std::shared_ptr<const Diagnosed> ReadDiagnosed() const {
    absl::MutexLock lock(&mutex_);
    return diagnosed_;
  }

  // Whether there was a first view.
  bool ready() const {
    absl::MutexLock lock(&mutex_);
    return ready_;
  }

 private:
  mutable absl::Mutex mutex_;
  HostView view_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const Diagnosed> diagnosed_ ABSL_GUARDED_BY(mutex_);
  bool ready_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace loadline::agent
