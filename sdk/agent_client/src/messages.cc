// SPDX-License-Identifier: Apache-2.0
#include "sdk/agent_client/src/messages.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>

namespace loadline {
namespace {

constexpr int kProtocolVersion = 1;

std::uint32_t Count(int number) { return static_cast<std::uint32_t>(std::max(number, 0)); }
std::uint64_t Total(std::int64_t number) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0));
}

// A total that does not fit is no total: it becomes negative, which the reader ignores.
Clock::Duration Nanoseconds(std::uint64_t number) {
  return Clock::Duration{static_cast<Clock::Duration::rep>(number)};
}

template <typename Totals, typename Repeated>
void AddByCause(const Totals& totals, Repeated& out) {
  for (std::size_t i = 0; i < totals.size(); ++i) {
    if (totals[i] != 0) {
      v1::CountByCause& entry = *out.Add();
      entry.set_cause(std::string(control::kReasonNames[i]));
      entry.set_count(Total(totals[i]));
    }
  }
}

}  // namespace

v1::SessionRequest HelloMessage(const std::string& service) {
  v1::SessionRequest request;
  v1::Hello& hello = *request.mutable_hello();
  hello.set_protocol_version(kProtocolVersion);
  hello.set_service(service);
  hello.set_sdk_version(LOADLINE_VERSION);
  return request;
}

v1::SessionRequest RegistrationMessage(const ThreadPool& pool, const std::vector<pid_t>& tids) {
  v1::SessionRequest request;
  v1::PoolRegistration& registration = *request.mutable_pool();
  registration.set_name(pool.name());
  const AddressRange idle = pool.idle_addresses();
  v1::AddressRange& range = *registration.add_idle_addresses();
  range.set_start(idle.start);
  range.set_length_bytes(idle.length_bytes);
  for (const pid_t tid : tids) {
    registration.add_tids(Count(tid));
  }
  return request;
}

v1::SessionRequest ThreadChangeMessage(const std::string& pool, const std::vector<pid_t>& joined,
                                       const std::vector<pid_t>& left) {
  v1::SessionRequest request;
  v1::ThreadChange& change = *request.mutable_threads();
  change.set_pool(pool);
  for (const pid_t tid : joined) {
    change.add_joined_tids(Count(tid));
  }
  for (const pid_t tid : left) {
    change.add_left_tids(Count(tid));
  }
  return request;
}

v1::SessionRequest LimiterMessage(const Limiter& limiter, const LimiterStats& stats) {
  v1::SessionRequest request;
  v1::LimiterReport& report = *request.mutable_limiter();
  report.set_name(limiter.name());
  report.set_mode(std::string(Name(stats.mode)));
  report.set_law(std::string(stats.law));
  report.set_limit(stats.decision.limit);
  report.set_in_flight(Count(stats.in_flight));
  report.set_admitted_total(Total(stats.admitted_total));
  report.set_would_reject_total(Total(stats.would_reject_total));
  AddByCause(stats.rejected_total, *report.mutable_rejected());
  AddByCause(stats.limit_changes_total, *report.mutable_limit_changes());
  report.set_reason(std::string(Name(stats.decision.reason)));
  report.set_bottleneck(std::string(Name(stats.decision.bottleneck)));
  report.set_signal_age_seconds(stats.signal.age == Clock::Duration::max()
                                    ? std::numeric_limits<double>::infinity()
                                    : Seconds(stats.signal.age));
  report.set_signal_source(std::string(Name(stats.signal.step)));
  report.set_pool(limiter.pool());
  return request;
}

v1::SessionRequest PoolReportMessage(const std::string& pool, const ThreadPoolStats& stats) {
  v1::SessionRequest request;
  v1::PoolReport& report = *request.mutable_pool_report();
  report.set_name(pool);
  report.set_threads(Count(stats.threads));
  report.set_threads_active(Count(stats.threads_active));
  report.set_queue_length(Count(stats.queued));
  report.set_threads_target(Count(stats.target.threads));
  report.set_reason(std::string(control::Name(stats.target.reason)));
  report.set_tasks_completed_total(Total(stats.completed_total));
  report.set_tasks_refused_total(Total(stats.refused_total));
  report.set_tasks_expired_total(Total(stats.expired_total));
  return request;
}

PoolTotals TotalsOf(const v1::PoolSignal& signal) {
  PoolTotals totals{.taken_at = Clock::Time{Nanoseconds(signal.taken_at_ns())},
                    .threads = static_cast<int>(std::min(signal.threads(), 1'000'000U))};
  PoolCounters& counters = totals.counters;
  counters.on_cpu = Nanoseconds(signal.on_cpu_ns());
  counters.runq_self = Nanoseconds(signal.runq_self_ns());
  counters.runq_neighbour = Nanoseconds(signal.runq_neighbour_ns());
  counters.runq_throttled = Nanoseconds(signal.runq_throttled_ns());
  counters.runq_unattributed = Nanoseconds(signal.runq_unattributed_ns());
  std::array<std::uint64_t, kWaitReasonCount> blocked_ns{};  // Unsigned: a sum may wrap.
  for (int i = 0; i < signal.blocked_ns_size(); ++i) {
    const WaitReason reason = WaitReasonFrom(static_cast<std::uint64_t>(i));
    blocked_ns[static_cast<std::size_t>(reason)] += signal.blocked_ns(i);
  }
  std::transform(blocked_ns.begin(), blocked_ns.end(), counters.blocked.begin(), Nanoseconds);
  counters.switches_voluntary = static_cast<std::int64_t>(signal.switches_voluntary());
  counters.switches_involuntary = static_cast<std::int64_t>(signal.switches_involuntary());
  return totals;
}

}  // namespace loadline
