// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "loadline/v1/self.pb.h"

namespace loadline::agent {

// (service, limiter or pool).
using ReportLabels = std::pair<std::string, std::string>;

struct LimiterTotals {
  std::uint64_t admitted = 0;
  std::uint64_t would_reject = 0;
  std::map<std::pair<std::string, std::string>, std::uint64_t> rejected =
      {};                                                   // By (priority, cause).
  std::map<std::string, std::uint64_t> limit_changes = {};  // By cause.
};

struct PoolTaskTotals {
  std::uint64_t completed = 0;
  std::uint64_t refused = 0;
  std::uint64_t expired = 0;
};

// Sums of what processes of one service report, which only grow: also when a process ends,
// restarts, or loses its stream and comes back.
//
// Each report carries totals since its limiter's creation, so what counts is the difference to the
// report before of the same process, whose last report therefore outlives its stream. After a start
// of the agent the first report counts whole, which continues the series of the agent before.
//
// Thread safety: none. The owner serializes calls.
class ReportTotals {
 public:
  // Sets of labels, each for limiters and pools. Beyond, reports of new ones are not counted, and
  // lost() says so: names are chosen by whoever connects.
  static constexpr std::size_t kLabelsMax = 1024;
  // Rows of one limiter by (priority, cause), and by cause. A report has no more; many of them
  // might.
  static constexpr std::size_t kCausesMax = 64;
  // Processes whose last reports are kept after their stream ended, the latest.
  static constexpr std::size_t kClosedMax = 64;

  void Add(pid_t tgid, std::string_view service, const v1::LimiterReport& report);
  void Add(pid_t tgid, std::string_view service, const v1::PoolReport& report);

  void Opened(pid_t tgid);
  void Closed(pid_t tgid);

  const std::map<ReportLabels, LimiterTotals>& limiters() const { return limiters_; }
  const std::map<ReportLabels, PoolTaskTotals>& pools() const { return pools_; }
  std::uint64_t lost() const { return lost_; }

 private:
  using Key = std::pair<pid_t, ReportLabels>;

  std::deque<pid_t> closed_;  // Oldest first.
  std::map<Key, LimiterTotals> limiter_reported_;
  std::map<Key, PoolTaskTotals> pool_reported_;
  std::map<ReportLabels, LimiterTotals> limiters_;
  std::map<ReportLabels, PoolTaskTotals> pools_;
  std::uint64_t lost_ = 0;
};

}  // namespace loadline::agent
