// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
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

  struct Shown {
    std::vector<Row> top;
    Sum rest;
  };
  // The `most` keys with most threads, then with most time; all others added up.
  Shown Show(std::size_t most) const {
    Shown shown{.top = {}, .rest = rest_};
    if (sums_.empty()) {
      return shown;
    }
    std::array<const Item*, kKeysMax> items;
    const std::span<const Item*> all(items.begin(), sums_.size());
    std::ranges::transform(sums_, all.begin(), [](const Item& item) { return &item; });
    const std::span<const Item*> top = all.first(std::min(all.size(), most));
    std::ranges::partial_sort(all, top.end(), [](const Item* a, const Item* b) {
      return std::tie(b->second.threads, b->second.waited, a->first) <
             std::tie(a->second.threads, a->second.waited, b->first);
    });
    shown.top.reserve(top.size());
    for (const Item* item : top) {
      shown.top.push_back({item->first, item->second});
    }
    for (const Item* item : all.subspan(top.size())) {
      Fold(item->second, shown.rest);
    }
    return shown;
  }

 private:
  using Item = std::pair<const Key, Sum>;

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
      const auto least = std::ranges::min_element(sums_, [](const Item& a, const Item& b) {
        return std::tie(a.second.threads, a.second.waited, a.first) <
               std::tie(b.second.threads, b.second.waited, b.first);
      });
      Fold(least->second, rest_);
      sums_.erase(least);
    }
    return sums_[key];
  }

  absl::flat_hash_map<Key, Sum> sums_;
  Sum rest_;
};

}  // namespace loadline::agent
