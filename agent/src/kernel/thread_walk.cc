// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/thread_walk.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"

namespace loadline::agent {
namespace {

constexpr int kWalksPerAll = 10;

// More processes than these that wait for peers not known yet: one walk over everybody is cheaper.
constexpr std::size_t kProcessesMax = 8;

}  // namespace

absl::Status ThreadWalk::Walk(const ProcessLedgers::Reader& reader) {
  const bool moved = reader.arrays_dropped() != arrays_dropped_;
  arrays_dropped_ = reader.arrays_dropped();
  if (walks_until_all_ <= 0 || !all_have_slots_ || moved) {
    return WalkAll();
  }
  --walks_until_all_;
  if (absl::Status status = WalkNews(); !status.ok()) {
    return status;
  }
  return WalkNewPeers(reader);
}

absl::Status ThreadWalk::WalkAll() {
  records_.clear();
  at_.clear();
  if (absl::Status status = probes_.Snapshot(0, records_); !status.ok()) {
    return status;
  }
  std::uint64_t newest_ns = 0;
  all_have_slots_ = true;
  at_.reserve(records_.size());
  for (std::size_t i = 0; i < records_.size(); ++i) {
    at_[records_[i].tid] = i;
    newest_ns = std::max<std::uint64_t>(newest_ns, records_[i].started_ns);
    all_have_slots_ = all_have_slots_ && records_[i].slot != 0;
  }
  // A thread that began during this walk may be younger than one that it saw, and not be seen: what
  // the walk before saw is the border.
  probes_.SetNewsBegin(newest_ns_);
  newest_ns_ = newest_ns;
  walks_until_all_ = kWalksPerAll;
  return absl::OkStatus();
}

absl::Status ThreadWalk::WalkNews() {
  news_.clear();
  if (absl::Status status = probes_.SnapshotNews(news_); !status.ok()) {
    return status;
  }
  Take(news_);
  return absl::OkStatus();
}

absl::Status ThreadWalk::WalkNewPeers(const ProcessLedgers::Reader& reader) {
  absl::flat_hash_set<std::uint32_t> processes;
  for (const ll_record& record : records_) {
    const ll_slot* slot = reader.SlotOf(record);
    if (slot != nullptr && slot->state == LL_STATE_BLOCKED && slot->reason == LL_WAIT_NETWORK &&
        slot->since_ns != record.since_ns) {
      processes.insert(record.tgid);
    }
  }
  if (processes.size() > kProcessesMax) {
    return WalkAll();
  }
  for (const std::uint32_t process : processes) {
    news_.clear();
    absl::Status status = probes_.Snapshot(static_cast<pid_t>(process), news_);
    if (!status.ok() && !absl::IsNotFound(status)) {  // Not found: it is gone.
      return status;
    }
    Take(news_);
  }
  return absl::OkStatus();
}

void ThreadWalk::Take(std::span<const ll_record> news) {
  for (const ll_record& record : news) {
    const auto [found, is_new] = at_.try_emplace(record.tid, records_.size());
    if (is_new) {
      records_.push_back(record);
    } else {
      records_[found->second] = record;
    }
    all_have_slots_ = all_have_slots_ && record.slot != 0;
  }
}

}  // namespace loadline::agent
