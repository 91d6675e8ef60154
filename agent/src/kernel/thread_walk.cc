// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/thread_walk.h"

namespace loadline::agent {
namespace {

// 10 ms for 10,000 threads: a third of a thousandth of a CPU.
constexpr int kLooksPerWalk = 30;

// More processes with ledgers than these: one walk over everybody is cheaper.
constexpr std::size_t kProcessesMax = 8;

// A wait may be told twice, but not never: clocks of two CPUs disagree by less than this, and a
// switch takes less.
constexpr std::uint64_t kOverlapNs = 1'000'000;

}  // namespace

absl::Status ThreadWalk::Walk(const ProcessLedgers::Reader& reader) {
  const std::uint64_t began_ns = probes_.NowNs();
  const std::uint32_t wanted = probes_.walks_wanted();
  const bool moved = reader.arrays_dropped() != arrays_dropped_ || wanted != walks_wanted_;
  const std::vector<pid_t> processes = reader.processes();
  arrays_dropped_ = reader.arrays_dropped();
  walks_wanted_ = wanted;
  probes_.CompareThreads(left_out_.Of(probes_.EventsLeftOut()));
  absl::Status status;
  if (looks_until_walk_ <= 0 || !all_have_slots_ || moved || processes.size() > kProcessesMax) {
    status = WalkAll();
  } else {
    --looks_until_walk_;
    status = LookForNews(processes);
    if (const std::uint32_t now = probes_.walks_wanted(); status.ok() && now != wanted) {
      walks_wanted_ = now;  // It found a thread that is not what it was known as.
      status = WalkAll();
    }
  }
  if (!status.ok()) {
    Expire();  // What this one did not tell is told by no look.
    return status;
  }
  since_.waits_ns = began_ns - kOverlapNs;
  return status;
}

absl::Status ThreadWalk::WalkAll() {
  records_.clear();
  at_.clear();
  if (absl::Status status = probes_.Snapshot(0, records_); !status.ok()) {
    return status;
  }
  all_have_slots_ = true;
  at_.reserve(records_.size());
  for (std::size_t i = 0; i < records_.size(); ++i) {
    at_[records_[i].tid] = i;
    all_have_slots_ = all_have_slots_ && records_[i].slot != 0;
  }
  since_.started_ns = probes_.WalkBeganNs() - LL_BIRTH_NS;
  looks_until_walk_ = kLooksPerWalk;
  return absl::OkStatus();
}

absl::Status ThreadWalk::LookForNews(const std::vector<pid_t>& processes) {
  news_.clear();
  if (absl::Status status = probes_.LookForNews(since_, news_); !status.ok()) {
    return status;
  }
  for (const pid_t process : processes) {
    absl::Status status = probes_.Snapshot(process, news_);
    if (!status.ok() && !absl::IsNotFound(status)) {  // Not found: it is gone.
      return status;
    }
  }
  for (const ll_record& record : news_) {
    const auto [found, is_new] = at_.try_emplace(record.tid, records_.size());
    if (is_new) {
      records_.push_back(record);
    } else {
      records_[found->second] = record;
    }
    all_have_slots_ = all_have_slots_ && record.slot != 0;
  }
  return absl::OkStatus();
}

}  // namespace loadline::agent
