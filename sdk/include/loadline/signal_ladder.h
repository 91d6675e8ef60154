// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loadline/clock.h"
#include "loadline/signal_source.h"
#include "loadline/tick.h"

namespace loadline {

// Takes each pool's signal from the best source that has a fresh one, and says which one that is.
//
//     ledger > agent stream > own /proc schedstat > latency only
//
// A source is left when its newest reading is older than kFreshFor. The next one starts from that
// moment, and needs two readings a tick apart, so within a second of the loss there is a signal
// again; what it costs to read is paid only while it is needed. A better source is taken back with
// its first reading.
//
// Thread safety: none; the control thread owns it. Never blocks.
class SignalLadder {
 public:
  static constexpr Clock::Duration kFreshFor = std::chrono::milliseconds{500};

  // Best first; they must outlive the ladder.
  explicit SignalLadder(std::vector<SignalSource*> sources);

  struct Reading {
    std::optional<Signal> fresh{};  // Not answered before.
    SignalState state{};
  };
  Reading Read(std::string_view pool, Clock::Time now);

  // Forgets what is known of a pool, before another takes its name.
  void Forget(std::string_view pool);

 private:
  struct Step {
    std::string pool;
    std::size_t source;
    std::optional<Clock::Time> heard_at;  // Newest reading; nullopt: never.
  };
  Step& StepOf(std::string_view pool, std::size_t source);

  const std::vector<SignalSource*> sources_;
  std::vector<Step> steps_;
};

}  // namespace loadline
