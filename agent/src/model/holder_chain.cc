// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/holder_chain.h"

#include <algorithm>

namespace loadline::agent {
namespace {

HolderEnd::What WhatKeeps(const ThreadSample& thread) {
  if (thread.state != ThreadState::kBlocked) {
    return HolderEnd::What::kRuns;
  }
  if (Info(thread.reason).idle || thread.reason == WaitReason::kSignal ||
      thread.asks == Asks::kRequest || thread.asks == Asks::kWork) {
    return HolderEnd::What::kRests;
  }
  return thread.reason == WaitReason::kSleep ? HolderEnd::What::kSleeps : HolderEnd::What::kWaits;
}

}  // namespace

HolderChains::HolderChains(std::span<const ThreadSample> threads, bool wanted) {
  const bool held = wanted || std::ranges::any_of(threads, [](const ThreadSample& thread) {
                      return thread.lock_owner != 0;
                    });
  if (!held) {
    return;
  }
  by_tid_.reserve(threads.size());
  for (const ThreadSample& thread : threads) {
    by_tid_.emplace(thread.tid, &thread);
  }
}

const ThreadSample* HolderChains::Find(pid_t tid) const {
  const auto found = by_tid_.find(tid);
  return found == by_tid_.end() ? nullptr : found->second;
}

HolderEnd HolderChains::EndOf(const ThreadSample& waiter) const {
  HolderEnd chain{
      .what = HolderEnd::What::kUnknown, .holder = Find(waiter.lock_owner), .end = nullptr};
  const ThreadSample* at = chain.holder;
  for (int links = 0; at != nullptr && links < kLinksMax; ++links) {
    chain.end = at;
    if (at->state != ThreadState::kBlocked || at->lock_owner == 0) {
      chain.what = WhatKeeps(*at);
      return chain;
    }
    if (at->lock_owner == at->tid || at->tid == waiter.tid) {
      chain.what = HolderEnd::What::kLoop;
      return chain;
    }
    at = Find(at->lock_owner);
    // A loop that the waiter is not part of: all that is behind it stands as still.
    if (at == chain.holder) {
      chain.what = HolderEnd::What::kLoop;
      return chain;
    }
  }
  return chain;
}

}  // namespace loadline::agent
