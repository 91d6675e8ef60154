// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/gone_threads.h"

#include "absl/container/flat_hash_set.h"
#include "agent/src/model/counters.h"
#include "agent/src/model/label_text.h"

namespace loadline::agent {
namespace {

// Readings after its last by which the source must have told the end of a thread.
constexpr std::uint64_t kLateReadingsMax = 2;

// What `last` has beyond `counted`, which keeps what it has beyond `last`.
PoolCounters TakeNews(PoolCounters& counted, PoolCounters last) {
  PoolCounters high = counted;
  const PoolCounters increment = Raise(high, last);
  counted = Raise(last, counted);
  return increment;
}

}  // namespace

void GoneThreads::Add(pid_t tgid, const std::string& name, std::string_view pool,
                      const PoolCounters& counted) {
  Gone& gone = gone_[{tgid, name}];
  gone.pool = pool;
  gone.counted += counted;
  gone.reading = reading_;
}

void GoneThreads::FindRenamed(std::span<const ExitedThreads> exited) {
  renamed_.clear();
  absl::flat_hash_set<Key> told;
  for (const ExitedThreads& one : exited) {
    told.emplace(one.tgid, LabelText(one.name));
  }
  for (auto& [key, gone] : gone_) {
    if (gone.reading == reading_ && !told.contains(key)) {
      renamed_[key.first].push_back(&gone);
    }
  }
}

GoneThreads::News GoneThreads::Settle(pid_t tgid, const std::string& name,
                                      const PoolCounters& last) {
  Gone& gone = gone_[{tgid, name}];
  News news{.increment = TakeNews(gone.counted, last), .pool = gone.pool};
  if (const auto others = renamed_.find(tgid); others != renamed_.end()) {
    for (Gone* other : others->second) {
      news.increment = TakeNews(other->counted, news.increment);
    }
  }
  return news;
}

void GoneThreads::EndReading() {
  renamed_.clear();
  std::erase_if(
      gone_, [&](const auto& entry) { return entry.second.reading + kLateReadingsMax < reading_; });
}

}  // namespace loadline::agent
