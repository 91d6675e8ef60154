// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "loadline/clock.h"
#include "loadline/signal.h"

namespace loadline {

class Limiter;
class ThreadPool;

// A way to know what the kernel counted for the threads of a pool: one step of the signal ladder.
//
// A source that fails, is late or wrong answers nothing: nobody waits for it and nobody but the
// control law's quality depends on it.
//
// Thread safety: Read() is called by one thread at a time; the others from any thread.
class SignalSource {
 public:
  virtual ~SignalSource() = default;

  virtual SignalStep step() const = 0;

  // What happened to the pool's threads since the answer before, or nullopt if nothing newer is
  // known; the first answer of a pool needs two readings. Must not block.
  virtual std::optional<Signal> Read(std::string_view pool, Clock::Time now) = 0;

  // Begin and end of a pool that will be read. Remove returns when the source no longer uses it.
  virtual void AddPool(ThreadPool& pool) = 0;
  virtual void RemovePool(ThreadPool& pool) = 0;

  // Limiters are told to sources that report them somewhere; others ignore them.
  virtual void AddLimiter(Limiter&) {}
  virtual void RemoveLimiter(Limiter&) {}
};

}  // namespace loadline
