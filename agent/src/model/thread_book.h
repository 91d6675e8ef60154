// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "agent/src/sampler/thread_sample.h"

namespace loadline::agent {

// What is remembered of each thread from one reading to the next: a State by tid and start time.
//
// A source tells the threads of a host in nearly the same order each time. So they stand here in
// that order, and each is looked for behind the one before it: memory is read forwards, and the
// hash is asked only where threads came, went or changed places. When that was one in eight, all
// are arranged anew.
//
// Thread safety: none. States move: a reference ends with the next call.
template <typename State>
class ThreadBook {
 public:
  struct Found {
    State& state;
    bool is_new;
    bool was_there;  // In the reading before.
  };

  // Of about so many threads.
  void BeginReading(std::size_t threads) {
    if (threads > entries_.capacity()) {
      entries_.reserve(threads + threads / 8);  // Twice as many would be some MB for nobody.
    }
    begun_before_ = std::exchange(begun_, sequence_);
    next_ = seen_ = misplaced_ = 0;
  }

  Found At(const ThreadSample& sample) {
    const Key key{sample.tid, sample.started_at_ns};
    if (next_ >= entries_.size() || entries_[next_].key != key) {
      next_ = Look(key);
    }
    Entry& entry = entries_[next_++];
    const std::uint64_t before = std::exchange(entry.seen, ++sequence_);
    seen_ += before <= begun_ ? 1 : 0;
    return {.state = entry.state, .is_new = before == 0, .was_there = before > begun_before_};
  }

  // Forgets those that were not in this reading and of which `is_gone(state)` is true.
  template <typename IsGone>
  void Forget(IsGone is_gone) {
    for (std::size_t i = 0; i < entries_.size() && seen_ < at_.size(); ++i) {
      Entry& entry = entries_[i];
      if (entry.key.tid != kNobody && entry.seen <= begun_ && is_gone(entry.state)) {
        at_.erase(entry.key);
        entry = Entry();
      }
    }
    const std::size_t nobodies = entries_.size() - at_.size();
    if (misplaced_ + nobodies > entries_.size() / 8) {
      Arrange();
    }
  }

  std::size_t size() const { return at_.size(); }

 private:
  static constexpr pid_t kNobody = -1;

  struct Key {
    pid_t tid = kNobody;
    std::uint64_t started_at_ns = 0;
    friend bool operator==(const Key&, const Key&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const Key& key) {
      return H::combine(std::move(h), key.tid, key.started_at_ns);
    }
  };
  struct Entry {
    Key key;
    std::uint64_t seen = 0;  // Its place among all that were ever seen; 0: not yet.
    State state;
  };

  std::size_t Look(const Key& key) {
    const auto [found, is_new] = at_.try_emplace(key, entries_.size());
    if (is_new) {
      entries_.emplace_back().key = key;
    } else {
      ++misplaced_;
    }
    return found->second;
  }

  // Those of this reading come last, in its order. Where they are, since a host has some MB of
  // them.
  void Arrange() {
    std::vector<std::size_t> from(entries_.size());
    std::iota(from.begin(), from.end(), 0U);
    std::ranges::sort(from, {}, [this](std::size_t i) {
      return std::pair(entries_[i].key.tid == kNobody, entries_[i].seen);
    });
    for (std::size_t begin = 0; begin < from.size(); ++begin) {
      if (from[begin] == begin) {
        continue;
      }
      Entry first = std::move(entries_[begin]);
      std::size_t to = begin;
      for (std::size_t next = from[to]; next != begin; next = from[to]) {
        entries_[to] = std::move(entries_[next]);
        from[to] = to;
        to = next;
      }
      entries_[to] = std::move(first);
      from[to] = to;
    }
    entries_.resize(at_.size());
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      at_[entries_[i].key] = i;
    }
  }

  std::vector<Entry> entries_;
  absl::flat_hash_map<Key, std::size_t> at_;  // In entries_.
  std::uint64_t sequence_ = 0;
  std::uint64_t begun_ = 0;  // What sequence_ was when this reading began, and the one before.
  std::uint64_t begun_before_ = 0;
  std::size_t next_ = 0;
  std::size_t seen_ = 0;       // In this reading; likewise below.
  std::size_t misplaced_ = 0;  // The hash had to be asked for them.
};

}  // namespace loadline::agent
