// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/report_totals.h"

namespace loadline::agent {
namespace {

// By how much a counter grew. Smaller than before: the process is another one, which counts anew.
std::uint64_t Growth(std::uint64_t now, std::uint64_t before) {
  return now < before ? now : now - before;
}

// Returns how many keys found no room.
template <typename Key>
std::uint64_t AddGrowth(const std::map<Key, std::uint64_t>& now,
                        const std::map<Key, std::uint64_t>& before,
                        std::map<Key, std::uint64_t>& sum) {
  std::uint64_t lost = 0;
  for (const auto& [key, count] : now) {
    if (!sum.contains(key) && sum.size() >= ReportTotals::kCausesMax) {
      ++lost;
      continue;
    }
    const auto found = before.find(key);
    sum[key] += Growth(count, found == before.end() ? 0 : found->second);
  }
  return lost;
}

LimiterTotals TotalsOf(const v1::LimiterReport& report) {
  LimiterTotals totals{.admitted = report.admitted_total(),
                       .would_reject = report.would_reject_total()};
  for (const v1::CountByCause& row : report.rejected()) {
    totals.rejected[{row.priority(), row.cause()}] += row.count();
  }
  for (const v1::CountByCause& row : report.limit_changes()) {
    totals.limit_changes[row.cause()] += row.count();
  }
  return totals;
}

}  // namespace

void ReportTotals::Add(pid_t tgid, std::string_view service, const v1::LimiterReport& report) {
  const ReportLabels labels{service, report.name()};
  const Key key{tgid, labels};
  if (!limiters_.contains(labels) && limiters_.size() >= kLabelsMax) {
    ++lost_;
    return;
  }
  LimiterTotals now = TotalsOf(report);
  LimiterTotals& before = limiter_reported_[key];
  if (now.admitted < before.admitted) {
    before = {};
  }
  LimiterTotals& sum = limiters_[labels];
  sum.admitted += Growth(now.admitted, before.admitted);
  sum.would_reject += Growth(now.would_reject, before.would_reject);
  lost_ += AddGrowth(now.rejected, before.rejected, sum.rejected);
  lost_ += AddGrowth(now.limit_changes, before.limit_changes, sum.limit_changes);
  before = std::move(now);
}

void ReportTotals::Add(pid_t tgid, std::string_view service, const v1::PoolReport& report) {
  const ReportLabels labels{service, report.name()};
  const Key key{tgid, labels};
  if (!pools_.contains(labels) && pools_.size() >= kLabelsMax) {
    ++lost_;
    return;
  }
  const PoolTaskTotals now{.completed = report.tasks_completed_total(),
                           .refused = report.tasks_refused_total(),
                           .expired = report.tasks_expired_total()};
  PoolTaskTotals& before = pool_reported_[key];
  PoolTaskTotals& sum = pools_[labels];
  sum.completed += Growth(now.completed, before.completed);
  sum.refused += Growth(now.refused, before.refused);
  sum.expired += Growth(now.expired, before.expired);
  before = now;
}

void ReportTotals::Opened(pid_t tgid) { std::erase(closed_, tgid); }

void ReportTotals::Closed(pid_t tgid) {
  Opened(tgid);
  closed_.push_back(tgid);
  if (closed_.size() > kClosedMax) {
    const auto of_oldest = [&](const auto& entry) { return entry.first.first == closed_.front(); };
    std::erase_if(limiter_reported_, of_oldest);
    std::erase_if(pool_reported_, of_oldest);
    closed_.pop_front();
  }
}

}  // namespace loadline::agent
