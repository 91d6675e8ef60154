// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "loadline/clock.h"

namespace loadline::agent {

// What the waits of one pool were for, and for how long: the keys that matter most, the rest added
// up. Futexes come and go with what they guard, so a newcomer takes the place of the key with the
// least, which is folded.
//
// Thread safety: none.
template <typename Key>
class WaitBook {
 public:
  static constexpr std::size_t kKeysMax = 64;

  struct Sum {
    Clock::Duration waited{};
    std::uint64_t waits = 0;
    Clock::Duration increment{};  // Of `waited`, in this reading.
    int threads = 0;              // Waiting now.
    Clock::Duration oldest{};     // Of their waits.
  };
  struct Row {
    Key key;
    Sum sum;
  };

  void BeginReading() {
    for (auto& [key, sum] : sums_) {
      Begin(sum);
    }
    Begin(rest_);
  }
  void Add(const Key& key, Clock::Duration waited, std::uint64_t waits) {
    Sum& sum = At(key);
    sum.waited += waited;
    sum.waits += waits;
    sum.increment += waited;
  }
  void AddOpen(const Key& key, Clock::Duration age) {
    Sum& sum = At(key);
    ++sum.threads;
    sum.oldest = std::max(sum.oldest, age);
  }

  // The `most` keys with most threads, then with most time.
  std::vector<Row> Top(std::size_t most) const {
    std::vector<Row> rows;
    for (const auto& [key, sum] : sums_) {
      rows.push_back({key, sum});
    }
    std::ranges::stable_sort(rows, [](const Row& a, const Row& b) {
      return std::tie(b.sum.threads, b.sum.waited) < std::tie(a.sum.threads, a.sum.waited);
    });
    rows.resize(std::min(rows.size(), most));
    return rows;
  }

  // All keys that are not among the `top`.
  Sum Rest(const std::vector<Row>& top) const {
    Sum rest = rest_;
    for (const auto& [key, sum] : sums_) {
      if (std::ranges::find(top, key, &Row::key) == top.end()) {
        Fold(sum, rest);
      }
    }
    return rest;
  }

 private:
  static void Begin(Sum& sum) {
    sum.increment = {};
    sum.threads = 0;
    sum.oldest = {};
  }
  static void Fold(const Sum& from, Sum& to) {
    to.waited += from.waited;
    to.waits += from.waits;
    to.increment += from.increment;
    to.threads += from.threads;
    to.oldest = std::max(to.oldest, from.oldest);
  }
  Sum& At(const Key& key) {
    if (const auto found = sums_.find(key); found != sums_.end()) {
      return found->second;
    }
    if (sums_.size() >= kKeysMax) {
      const auto least = std::ranges::min_element(sums_, {}, [](const auto& item) {
        return std::pair(item.second.threads, item.second.waited);
      });
      Fold(least->second, rest_);
      sums_.erase(least);
    }
    return sums_[key];
  }

  std::map<Key, Sum> sums_;
  Sum rest_;
};

}  // namespace loadline::agent
