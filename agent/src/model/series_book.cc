// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/series_book.h"

#include <algorithm>

#include "agent/src/model/ranking.h"

namespace loadline::agent {
namespace {

constexpr double kForgotten = 1e-6;  // Activity below which a set that is gone is of no interest.

double Rank(const PoolSeries& series, double activity) {
  // What somebody registered is what somebody looks for.
  return series.registered ? activity + 1e9 : activity;
}

// A process may be called that. Two series of the same labels would spoil the whole exposition.
bool IsOther(const PoolRow& row) { return row.process == kOther && row.pool == kOther; }

using LostByCause = std::array<Clock::Duration, kCauseCount>;
void AddUp(const LostByCause& increment, LostByCause& total) {
  for (std::size_t i = 0; i < total.size(); ++i) {
    total[i] += increment[i];
  }
}

void ResetGauges(PoolSeries& series) {
  series.now() = {};
  for (auto& [address, peer] : series.peers) {
    peer.threads = 0;
  }
  series.severities = {};
}

}  // namespace

void SeriesBook::Update(std::span<const PoolRow> rows) {
  ResetGauges(other_);
  for (auto& [labels, entry] : entries_) {
    ResetGauges(entry.series);
    entry.series.registered = false;
    entry.activity *= kActivityDecay;
    entry.seen = false;
  }
  std::vector<Entry*> entry_of;  // Of each row; null: "other".
  entry_of.reserve(rows.size());
  for (const PoolRow& row : rows) {
    entry_of.push_back(IsOther(row) ? nullptr : &EntryOf(row));
    if (entry_of.back() == nullptr) {
      continue;
    }
    Entry& entry = *entry_of.back();
    entry.seen = true;
    entry.activity += Seconds(Activity(row.increment));
    entry.series.registered |= row.registered;
  }
  Place();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (entry_of[i] == nullptr) {
      AddToOther(rows[i]);
    } else {
      Add(*entry_of[i], rows[i]);
    }
  }
  // A set without a place has nothing to lose, once it is gone and quiet.
  std::erase_if(entries_, [](const auto& item) {
    const Entry& entry = item.second;
    return !entry.placed && !entry.seen && entry.activity < kForgotten;
  });
}

SeriesBook::Entry& SeriesBook::EntryOf(const PoolRow& row) {
  const LabelsView labels(row.process, row.pool, row.container);
  const auto found = entries_.find(labels);
  return found != entries_.end() ? found->second
                                 : entries_.try_emplace(Labels(labels)).first->second;
}

void SeriesBook::AddToOther(const PoolRow& row) {
  other_used_ = true;
  AddTo(other_, row);
}

void SeriesBook::Place() {
  std::vector<Entry*> placed;
  std::vector<Entry*> waiting;
  for (auto& [labels, entry] : entries_) {
    std::tie(entry.series.process, entry.series.pool, entry.series.container) = labels;
    (entry.placed ? placed : waiting).push_back(&entry);
  }
  const auto rank = [](const Entry* entry) { return Rank(entry->series, entry->activity); };
  std::ranges::sort(waiting, std::greater(), rank);
  std::ranges::sort(placed, std::less(), rank);  // Least active first.
  std::size_t free = options_.pools_max - std::min(options_.pools_max, placed.size());
  std::size_t least = 0;
  for (Entry* entry : waiting) {
    if (free > 0) {
      --free;
      entry->placed = true;
    } else if (least < placed.size() && rank(entry) > kSwapFactor * rank(placed[least])) {
      FoldIntoOther(*placed[least++]);
      entry->placed = true;
    } else {
      break;
    }
  }
}

void SeriesBook::FoldIntoOther(Entry& entry) {
  ++folded_total_;
  other_used_ = true;
  other_.totals += entry.series.totals;
  AddUp(entry.series.lost, other_.lost);
  entry.series.lost = {};
  for (const auto& [address, peer] : entry.series.peers) {
    other_.peers[std::string(kOther)].total += peer.total;
  }
  for (const auto& [process, total] : entry.series.neighbours) {
    other_.neighbours[std::string(kOther)] += total;
  }
  entry.series.neighbours.clear();
  for (const auto& [kind, waits] : entry.series.latencies) {
    other_.latencies[kind] += waits;
  }
  entry.series.latencies.clear();
  entry.placed = false;
  entry.series.totals = {};
  entry.series.peers.clear();
}

void SeriesBook::Add(Entry& entry, const PoolRow& row) {
  other_used_ |= !entry.placed;
  AddTo(entry.placed ? entry.series : other_, row);
}

void SeriesBook::AddTo(PoolSeries& series, const PoolRow& row) const {
  series.AddUp(row.now());
  series.totals += row.increment;
  AddUp(row.lost, series.lost);
  if (row.severity.has_value()) {
    ++series.severities[static_cast<std::size_t>(*row.severity)];
  }
  for (const NeighbourRow& neighbour : row.neighbours) {
    const bool keep = &series != &other_ && (series.neighbours.contains(neighbour.process) ||
                                             series.neighbours.size() < options_.peers_max);
    series.neighbours[keep ? neighbour.process : std::string(kOther)] += neighbour.increment;
  }
  for (const LatencyRow& latency : row.latencies) {
    series.latencies[latency.kind] += latency.increment;
  }
  for (const PeerRow& peer : row.peers) {
    auto at = series.peers.find(peer.address);
    if (at == series.peers.end()) {
      const bool keep = &series != &other_ && series.peers.size() < options_.peers_max;
      at = series.peers.try_emplace(keep ? peer.address : std::string(kOther)).first;
    }
    at->second.threads += peer.threads;
    at->second.total += peer.increment;
  }
}

std::vector<PoolSeries> SeriesBook::Series() const {
  std::vector<PoolSeries> all;
  for (const auto& [labels, entry] : entries_) {
    if (entry.placed) {
      all.push_back(entry.series);
    }
  }
  if (other_used_) {
    all.push_back(other_);
  }
  return all;
}

}  // namespace loadline::agent
