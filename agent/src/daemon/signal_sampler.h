// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/src/model/registry.h"
#include "agent/src/model/signal_book.h"
#include "agent/src/sampler/source.h"

namespace loadline::agent {

// One reading of all registered processes, for all sessions.
//
// Thread safety: one thread.
class SignalSampler {
 public:
  // Both must outlive the sampler.
  SignalSampler(Source& source, const Registry& registry) : source_(source), registry_(registry) {}

  // Nothing to read where nobody is registered. Tells the source which pool new threads belong to.
  absl::Status Read();

  const SignalBook& book() const { return book_; }

 private:
  Source& source_;
  const Registry& registry_;
  SignalBook book_;
  HostReading reading_;  // Kept for its memory.
};

}  // namespace loadline::agent
