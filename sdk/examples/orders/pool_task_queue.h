// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <httplib.h>

#include <functional>
#include <utility>

#include "loadline/thread_pool.h"

namespace loadline::examples {

// Lets httplib run its connections on a loadline::ThreadPool. With one request per connection a
// task is a request.
class PoolTaskQueue final : public httplib::TaskQueue {
 public:
  explicit PoolTaskQueue(ThreadPool& pool) : pool_(pool) {}

  void enqueue(std::function<void()> connection) override {
    // A task that is not run would leave its socket open. So when the queue is full the accepting
    // thread serves it, and who comes next waits in the kernel's backlog.
    if (pool_.Submit([connection] { connection(); }) != Submitted::kAccepted) {
      connection();
    }
  }
  void shutdown() override { pool_.Shutdown(Drain::kFinishQueued); }

 private:
  ThreadPool& pool_;
};

}  // namespace loadline::examples
