// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/histogram_book.h"

#include <algorithm>
#include <functional>

#include "agent/src/model/ranking.h"

namespace loadline::agent {
namespace {

// Threads of the kernel are one pool with as many numbers as threads.
bool CanHaveOne(const PoolRow& row) { return row.pid != 0 && !row.pool_numbers.empty(); }

}  // namespace

HistogramBook::HistogramBook(std::uint32_t histograms_max) {
  for (std::uint32_t histogram = histograms_max; histogram > 0; --histogram) {
    free_.push_back(histogram);
  }
}

std::vector<HistogramBook::Assignment> HistogramBook::Update(std::span<const WaitHistogram> news,
                                                             std::vector<PoolRow>& rows) {
  ++reading_;
  Fold(news);
  Look(rows);
  for (PoolRow& row : rows) {
    row.latencies.clear();
    const auto found = entries_.find({row.pid, row.pool});
    if (found == entries_.end()) {
      continue;
    }
    row.latencies.reserve(found->second.kinds.size());
    for (const auto& [kind, waits] : found->second.kinds) {
      LatencyHistogram recent = waits.halves[0];
      recent += waits.halves[1];
      row.latencies.push_back({.kind = kind,
                               .count = waits.count,
                               .sum = waits.sum,
                               .p50 = recent.Quantile(0.5),
                               .p90 = recent.Quantile(0.9),
                               .p99 = recent.Quantile(0.99),
                               .increment = waits.increment});
    }
  }
  return Place();
}

void HistogramBook::Fold(std::span<const WaitHistogram> news) {
  const bool new_half = reading_ % kReadingsOfHalf == 0;
  for (auto& [key, entry] : entries_) {
    for (auto& [kind, waits] : entry.kinds) {
      waits.increment = {};
      if (new_half) {
        waits.halves[1] = std::exchange(waits.halves[0], LatencyHistogram());
      }
    }
  }
  others_.clear();
  for (const WaitHistogram& one : news) {
    const auto owner = owner_.find(one.histogram);
    if (owner == owner_.end()) {
      others_[one.kind] += one.waits.ToClassic();
      continue;
    }
    Kind& kind = entries_[owner->second].kinds[one.kind];
    kind.count += one.waits.count();
    kind.sum += one.waits.sum();
    kind.increment += one.waits.ToClassic();
    kind.halves[0] += one.waits;
  }
}

void HistogramBook::Look(const std::vector<PoolRow>& rows) {
  for (auto& [key, entry] : entries_) {
    entry.activity *= kActivityDecay;
    entry.registered = false;
    entry.seen = false;
  }
  changed_.clear();
  for (const PoolRow& row : rows) {
    if (!CanHaveOne(row)) {
      continue;
    }
    const Key key{row.pid, row.pool};
    Entry& entry = entries_[key];
    entry.seen = true;
    entry.registered = row.registered;
    entry.activity += Seconds(Activity(row.increment));
    if (entry.pool_numbers != row.pool_numbers) {
      entry.pool_numbers = row.pool_numbers;
      changed_[key] = row.pool_numbers;
    }
  }
}

std::vector<HistogramBook::Assignment> HistogramBook::Place() {
  std::vector<Assignment> assignments;
  for (const auto& [key, entry] : entries_) {
    if (!entry.seen && entry.histogram != 0) {
      owner_.erase(entry.histogram);
      free_.push_back(entry.histogram);
      assignments.push_back({.histogram = entry.histogram, .pool_numbers = {}});
    }
  }
  std::erase_if(entries_, [](const auto& item) { return !item.second.seen; });
  std::vector<std::pair<const Key*, Entry*>> placed;
  std::vector<std::pair<const Key*, Entry*>> waiting;
  for (auto& [key, entry] : entries_) {
    (entry.histogram != 0 ? placed : waiting).emplace_back(&key, &entry);
    if (entry.histogram != 0 && changed_.contains(key)) {
      assignments.push_back({.histogram = entry.histogram, .pool_numbers = entry.pool_numbers});
    }
  }
  const auto rank = [](const auto& item) { return item.second->Rank(); };
  std::ranges::sort(waiting, std::greater(), rank);
  std::ranges::sort(placed, std::less(), rank);  // Least active first.
  std::size_t least = 0;
  for (const auto& [key, entry] : waiting) {
    if (entry->activity <= 0 && !entry->registered) {
      break;
    }
    if (free_.empty()) {
      if (least == placed.size() || entry->Rank() <= kSwapFactor * placed[least].second->Rank()) {
        break;
      }
      Entry& loser = *placed[least++].second;
      free_.push_back(std::exchange(loser.histogram, 0));
      loser.kinds.clear();
    }
    entry->histogram = free_.back();
    free_.pop_back();
    owner_[entry->histogram] = *key;
    assignments.push_back({.histogram = entry->histogram, .pool_numbers = entry->pool_numbers});
  }
  return assignments;
}

PoolRow HistogramBook::Others() const {
  PoolRow row;
  row.process = row.pool = "other";
  for (const auto& [kind, increment] : others_) {
    LatencyRow& latency = row.latencies.emplace_back();
    latency.kind = kind;
    latency.increment = increment;
  }
  return row;
}

}  // namespace loadline::agent
