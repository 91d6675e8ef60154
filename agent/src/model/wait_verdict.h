// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "agent/src/model/cause.h"
#include "agent/src/model/holder_chain.h"
#include "agent/src/model/thread_rest.h"
#include "agent/src/sampler/thread_sample.h"
#include "loadline/clock.h"

namespace loadline::agent {

// What is asked of one process, as far as its sockets and its service's own word say.
struct Demand {
  std::uint32_t queue = 0;    // At its doors, or in the queues of its own pools.
  std::uint32_t clients = 0;  // Connections that it took and holds.
  std::uint32_t unread = 0;   // Of these, with bytes that nobody reads or waits for.

  bool waits() const { return queue > 0 || unread > 0; }  // Somebody waits for it.
  bool seen() const { return waits() || clients > 0; }
};

// What a wait in progress is: rest, time lost to a cause, or one of which only who ends such waits
// can tell.
struct WaitVerdict {
  enum class Kind : std::uint8_t {
    kRest,
    kLost,
    kSoft,  // On a word without a holder: see BlameBook.
  };
  Kind kind = Kind::kLost;
  Cause cause = Cause::kUnknown;  // This and the rest: of kLost only.
  std::string culprit = {};
  std::string why = {};
};

// After so long without being woken, and without demand, a wait on a word is one for work.
inline constexpr std::chrono::seconds kNoWork{10};

// "lock 0x7f32a4001c20, held by worker-*": by the holder's pool, as holders take turns.
std::string LockText(std::uint64_t address, const ThreadSample* holder);

// The verdict on the wait of a thread that is blocked. Pure. Waits inherit: a lock whose holder
// waits for a database is that database, a lock whose holder rests is rest.
WaitVerdict VerdictOf(const ThreadSample& sample, const ThreadRest& rest, const Demand& demand,
                      const HolderChains& chains);

}  // namespace loadline::agent
