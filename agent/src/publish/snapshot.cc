// SPDX-License-Identifier: Apache-2.0
#include "agent/src/publish/snapshot.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "agent/src/naming/name_match.h"
#include "fmt/format.h"

namespace loadline::agent {
namespace {

const LatencyRow* LatencyOf(const PoolRow& row, std::size_t kind) {
  const auto found = std::ranges::find(row.latencies, kind, &LatencyRow::kind);
  return found == row.latencies.end() ? nullptr : &*found;
}

void FillLatency(const LatencyRow& row, v1::Latency& latency) {
  latency.set_count(row.count);
  latency.set_seconds_total(Seconds(row.sum));
  latency.set_p50_seconds(Seconds(row.p50));
  latency.set_p90_seconds(Seconds(row.p90));
  latency.set_p99_seconds(Seconds(row.p99));
}

void FillHeld(const PoolRow& row, v1::Wait& wait) {
  for (std::size_t i = 0; i < row.held.size(); ++i) {
    if (row.held[i] > 0) {
      v1::Held& held = *wait.add_held();
      held.set_by(std::string(Name(static_cast<Holder>(i))));
      held.set_threads(static_cast<std::uint32_t>(row.held[i]));
    }
  }
}

void FillWaits(const PoolRow& row, v1::Pool& pool) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < row.waits.size(); ++i) {
    if (row.waits[i].threads > 0 || row.totals.blocked[i] > Clock::Duration::zero()) {
      order.push_back(i);
    }
  }
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return std::tie(row.waits[b].threads, row.totals.blocked[b]) <
           std::tie(row.waits[a].threads, row.totals.blocked[a]);
  });
  for (const std::size_t i : order) {
    v1::Wait& wait = *pool.add_waits();
    wait.set_reason(std::string(Name(static_cast<WaitReason>(i))));
    wait.set_threads(static_cast<std::uint32_t>(row.waits[i].threads));
    wait.set_seconds_total(Seconds(row.totals.blocked[i]));
    wait.set_oldest_seconds(Seconds(row.waits[i].oldest));
    if (Info(static_cast<WaitReason>(i)).stopped) {
      FillHeld(row, wait);
    }
    if (const LatencyRow* latency = LatencyOf(row, i)) {
      FillLatency(*latency, *wait.mutable_latency());
    }
  }
}

void FillEventLoops(const PoolRow& row, v1::Pool& pool) {
  pool.set_event_loops(static_cast<std::uint32_t>(row.event_loops));
  for (std::size_t i = 0; i < row.totals.loop_blocked.size(); ++i) {
    if (row.totals.loop_blocked[i] > Clock::Duration::zero()) {
      v1::LoopBlocked& out = *pool.add_event_loop_blocked();
      out.set_reason(std::string(LoopBlockedName(i)));
      out.set_seconds_total(Seconds(row.totals.loop_blocked[i]));
    }
  }
  std::ranges::sort(*pool.mutable_event_loop_blocked(), std::greater(),
                    [](const v1::LoopBlocked& blocked) { return blocked.seconds_total(); });
}

void FillBottleneck(const PoolBottleneck& row, v1::Bottleneck& bottleneck) {
  const control::Verdict& verdict = row.diagnosis.verdict;
  bottleneck.set_class_(std::string(Name(verdict.bottleneck)));
  if (verdict.modifier != control::Bottleneck::kHealthy) {
    bottleneck.set_modifier(std::string(Name(verdict.modifier)));
  }
  bottleneck.set_confidence(verdict.confidence);
  bottleneck.set_source(row.told ? "sdk" : "kernel");
  bottleneck.set_subject(row.subject);
  for (const control::Figure& figure : row.diagnosis.Figures()) {
    v1::Figure& out = *bottleneck.add_figures();
    out.set_name(std::string(figure.name));
    out.set_value(figure.value);
    out.set_bound(figure.bound);
    out.set_below(figure.below);
  }
}

void FillPool(const PoolRow& row, v1::Pool& pool) {
  pool.set_process(row.process);
  pool.set_pid(row.pid);
  pool.set_pid_inner(row.pid_inner);
  pool.set_container(row.container);
  pool.set_pool(row.pool);
  pool.set_registered(row.registered);
  pool.set_threads(static_cast<std::uint32_t>(row.threads.all()));
  pool.set_working(static_cast<std::uint32_t>(row.threads.working));
  pool.set_runnable(static_cast<std::uint32_t>(row.threads.runnable));
  pool.set_waiting(static_cast<std::uint32_t>(row.threads.waiting));
  pool.set_idle(static_cast<std::uint32_t>(row.threads.idle));
  FillWaits(row, pool);
  for (const PeerRow& peer : row.peers) {
    v1::Peer& out = *pool.add_peers();
    out.set_address(peer.address);
    out.set_threads(static_cast<std::uint32_t>(peer.threads));
    out.set_seconds_total(Seconds(peer.total));
  }
  for (const FutexRow& futex : row.futexes) {
    v1::Futex& out = *pool.add_futexes();
    out.set_address(fmt::format("{:#x}", futex.address));
    out.set_threads(static_cast<std::uint32_t>(futex.threads));
    out.set_oldest_seconds(Seconds(futex.oldest));
    out.set_seconds_total(Seconds(futex.total));
    out.set_waits(futex.waits);
  }
  for (const NeighbourRow& neighbour : row.neighbours) {
    v1::Neighbour& out = *pool.add_neighbours();
    out.set_process(neighbour.process);
    out.set_seconds_total(Seconds(neighbour.total));
  }
  FillEventLoops(row, pool);
  if (row.bottleneck.has_value()) {
    FillBottleneck(*row.bottleneck, *pool.mutable_bottleneck());
  }
  if (row.home != 0) {
    pool.set_home(fmt::format("{:#x}", row.home));
  }
  pool.set_on_cpu_seconds(Seconds(row.totals.on_cpu));
  v1::RunQueue& queue = *pool.mutable_run_queue();
  queue.set_self_seconds(Seconds(row.totals.runq_self));
  queue.set_neighbour_seconds(Seconds(row.totals.runq_neighbour));
  queue.set_throttled_seconds(Seconds(row.totals.runq_throttled));
  queue.set_unattributed_seconds(Seconds(row.totals.runq_unattributed));
  if (const LatencyRow* latency = LatencyOf(row, kRunQueueKind)) {
    FillLatency(*latency, *pool.mutable_run_queue_latency());
  }
  pool.set_switches_voluntary(static_cast<std::uint64_t>(row.totals.switches_voluntary));
  pool.set_switches_involuntary(static_cast<std::uint64_t>(row.totals.switches_involuntary));
}

// A limiter is shown with the pool that runs what it admits, and with the process's first where it
// names none that is shown.
void AddReports(const ServiceState& service, const std::vector<v1::Pool*>& pools) {
  const auto pool_named = [&](const std::string& name) -> v1::Pool* {
    const auto found =
        std::ranges::find_if(pools, [&](const v1::Pool* pool) { return pool->pool() == name; });
    return found == pools.end() ? nullptr : *found;
  };
  for (const v1::PoolReport& report : service.pools) {
    if (v1::Pool* pool = pool_named(report.name())) {
      *pool->mutable_report() = report;
    }
  }
  for (const v1::LimiterReport& report : service.limiters) {
    v1::Pool* pool = pool_named(report.pool());
    *(pool == nullptr ? pools.front() : pool)->add_limiters() = report;
  }
}

// What pools lose their time to, by process and name.
using CasesByPool = std::map<std::pair<pid_t, std::string_view>, const PoolCase*>;

CasesByPool CasesOf(const Diagnosed* diagnosed) {
  CasesByPool cases;
  if (diagnosed != nullptr) {
    for (const PoolCase& one : diagnosed->cases) {
      for (const pid_t pid : one.pids) {
        cases[{pid, one.pool}] = &one;
      }
    }
  }
  return cases;
}

void FillCase(const PoolCase& one, v1::Pool& pool) {
  pool.set_severity(std::string(Name(one.severity)));
  pool.set_trouble(TroubleOf(one));
  const std::vector<Cause> causes = CausesOf(one);
  if (!causes.empty()) {
    pool.set_cause(std::string(Name(causes.front())));
    if (const LostPart* most = one.Most(causes.front())) {
      pool.set_culprit(most->culprit);
    }
  }
}

PoolNames NamesOf(const PoolRow& row) {
  return {.service = row.process, .container = row.container, .pid = row.pid, .pool = row.pool};
}

bool IsEmpty(const PoolRow& row) { return row.threads.all() == 0 && !row.registered; }

std::vector<const PoolRow*> Ranked(const HostView& view, const SnapshotOptions& options) {
  const NameMatch match(options.name);
  std::vector<const PoolRow*> rows;
  for (const PoolRow& row : view.rows) {
    const bool asked = options.process.empty() || row.process == options.process;
    if (!IsEmpty(row) && asked && match.Takes(NamesOf(row))) {
      rows.push_back(&row);
    }
  }
  std::ranges::stable_sort(rows, [](const PoolRow* a, const PoolRow* b) {
    return std::tuple(b->registered, Activity(b->increment)) <
           std::tuple(a->registered, Activity(a->increment));
  });
  return rows;
}

}  // namespace

absl::Status CheckName(const HostView& view, std::string_view name) {
  const NameMatch match(name);
  std::vector<PoolNames> known;
  for (const PoolRow& row : view.rows) {
    if (IsEmpty(row)) {
      continue;
    }
    known.push_back(NamesOf(row));
    if (match.Takes(known.back())) {
      return absl::OkStatus();
    }
  }
  return name.empty() ? absl::OkStatus() : NoSuchName(name, known);
}

v1::PoolsSnapshot MakeSnapshot(const HostView& view, const ServiceReports& reports,
                               const SnapshotOptions& options) {
  v1::PoolsSnapshot snapshot;
  snapshot.set_uptime_seconds(Seconds(options.uptime));
  snapshot.set_source(view.source);
  for (const std::string_view what : view.cannot_know) {
    snapshot.add_cannot_know(std::string(what));
  }
  snapshot.set_cpus(static_cast<std::uint32_t>(view.cpus));
  for (const Feature feature : kFeatures) {
    if (view.detail.is_dropped(feature)) {
      snapshot.add_dropped(std::string(Name(feature)));
    }
  }
  snapshot.set_cpu_idle_fraction(view.cpu_idle_fraction);
  const std::vector<const PoolRow*> rows = Ranked(view, options);
  const std::size_t shown = std::min(rows.size(), options.pools_max);
  snapshot.mutable_pools()->Reserve(static_cast<int>(shown));
  const CasesByPool cases = CasesOf(options.diagnosed.get());
  std::map<pid_t, std::vector<v1::Pool*>> pools_of;
  for (std::size_t i = 0; i < shown; ++i) {
    v1::Pool* pool = snapshot.add_pools();
    FillPool(*rows[i], *pool);
    if (const auto found = cases.find({rows[i]->pid, rows[i]->pool}); found != cases.end()) {
      FillCase(*found->second, *pool);
    }
    pools_of[rows[i]->pid].push_back(pool);
  }
  for (const ServiceState& service : reports.services) {
    if (const auto found = pools_of.find(service.tgid); found != pools_of.end()) {
      AddReports(service, found->second);
    }
  }
  if (shown < rows.size()) {
    PoolRow other;
    other.process = other.pool = "other";
    for (std::size_t i = shown; i < rows.size(); ++i) {
      other.AddUp(rows[i]->now());
      other.totals += rows[i]->totals;
    }
    FillPool(other, *snapshot.add_pools());
    snapshot.set_pools_left_out(static_cast<std::uint32_t>(rows.size() - shown));
  }
  return snapshot;
}

absl::StatusOr<std::string> AsJson(const v1::PoolsSnapshot& snapshot) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(snapshot, &json, options);
  if (!status.ok()) {
    return absl::InternalError(status.ToString());
  }
  return json;
}

}  // namespace loadline::agent
