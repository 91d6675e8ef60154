// SPDX-License-Identifier: Apache-2.0
#include "agent/src/diagnosis/make_report.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "agent/src/diagnosis/advice.h"
#include "agent/src/naming/name_match.h"
#include "fmt/format.h"

namespace loadline::agent {
namespace {

constexpr double kShareMin = 0.15;  // Of a cause that is worth a word.
constexpr double kThreadsMin = 0.1;
constexpr double kFirstThreadsMin = 0.5;  // Of one that is trouble, unless it is a tenth of a pool.
constexpr double kFirstPartMin = 0.1;
constexpr std::size_t kPoolsMax = 4;
constexpr int kUsersMax = 4;
constexpr double kUserMin = 0.05;                 // CPUs.
constexpr std::chrono::milliseconds kWaitMin{1};  // Of a longest wait that is told.
constexpr std::string_view kIdle = "idle";

// A cause whose culprit is somebody else: pools that suffer from the same are one entry.
bool IsShared(Cause cause) {
  switch (cause) {
    case Cause::kNeighbour:
    case Cause::kQuota:
    case Cause::kDependency:
    case Cause::kFrozen:
    case Cause::kDeadlock:
      return true;
    default:
      return false;
  }
}

bool IsTrouble(const PoolCase& one) {
  if (WeightOf(one.severity) == 0) {
    return false;
  }
  if (one.severity == Severity::kExhausted || one.severity == Severity::kStuck) {
    return true;
  }
  const std::vector<Cause> causes = CausesOf(one);
  if (causes.empty() || !Info(causes.front()).removable ||
      (Info(causes.front()).common && one.severity == Severity::kUnknown)) {
    return false;
  }
  const double lost = one.ThreadsOf(causes.front());
  return lost >= kFirstThreadsMin || lost >= kFirstPartMin * one.threads.all();
}

std::string WhySevere(const PoolCase& one) {
  std::string why = fmt::format("{} of {} free", one.free, one.threads.all());
  for (const Door& door : one.doors) {
    if (door.queue > 0) {
      why += fmt::format(", {} of {} at the door {}", door.queue, door.limit, door.address);
    }
  }
  if (one.drops > 0) {
    why += fmt::format(", {} turned away", one.drops);
  }
  if (one.severity == Severity::kUnknown) {
    why += "; nobody is seen to wait for it";
  }
  return why;
}

void FillPool(const PoolCase& one, Cause cause, const std::vector<Cause>& causes,
              v1::ReportPool& pool) {
  pool.set_process(one.process);
  pool.set_pid(one.pids.front());
  pool.set_processes(static_cast<std::uint32_t>(one.pids.size()));
  pool.set_container(one.container);
  pool.set_pool(one.pool);
  pool.set_threads(static_cast<std::uint32_t>(one.threads.all()));
  pool.set_idle(static_cast<std::uint32_t>(one.threads.idle));
  pool.set_severity(std::string(Name(one.severity)));
  pool.set_severity_why(WhySevere(one));
  pool.set_severity_seconds(Seconds(one.severity_for));
  pool.set_share(one.ShareOf(cause));
  pool.set_lost_threads(one.ThreadsOf(cause));
  for (const Cause other : causes) {
    const LostPart* most = one.Most(other);
    v1::ReportShare& share = *pool.add_causes();
    share.set_cause(std::string(Name(other)));
    share.set_share(one.ShareOf(other));
    if (most != nullptr) {
      share.set_culprit(most->culprit);
      share.set_wait_seconds(
          most->waits > 0 ? Seconds(most->time) / static_cast<double>(most->waits) : 0);
    }
  }
  for (const Door& door : one.doors) {
    v1::ReportDoor& out = *pool.add_doors();
    out.set_address(door.address);
    out.set_queue(door.queue);
    out.set_limit(door.limit);
    out.set_drops(door.drops);
  }
}

void FillLongest(const Diagnosed& diagnosed, const PoolCase& one, Cause cause,
                 v1::ReportPool& pool) {
  const auto longest = std::ranges::find(one.longest, cause, &LongestWait::cause);
  if (longest == one.longest.end() || longest->length < kWaitMin) {
    return;
  }
  v1::ReportWait& wait = *pool.mutable_longest_wait();
  wait.set_seconds(Seconds(longest->length));
  wait.set_culprit(longest->culprit);
  if (diagnosed.unix_time > 0) {
    wait.set_unix_time(diagnosed.unix_time - Seconds(diagnosed.at - longest->until));
  }
}

// Pools with the same cause and culprit.
struct Group {
  std::optional<Cause> cause;  // nullopt: at rest.
  std::string culprit;
  std::string why;
  std::vector<const PoolCase*> pools;  // The worst first.
  double trouble = 0;
};

void FillEntry(const Diagnosed& diagnosed, const Group& group, v1::ReportEntry& entry) {
  const PoolCase& worst = *group.pools.front();
  entry.set_cause(std::string(group.cause ? Name(*group.cause) : kIdle));
  entry.set_culprit(group.culprit);
  entry.set_why(group.why);
  entry.set_severity(std::string(Name(worst.severity)));
  double active = 0;
  double lost = 0;
  double unknown = 0;
  for (const PoolCase* one : group.pools) {
    active += one->active;
    lost += group.cause ? one->ThreadsOf(*group.cause) : 0;
    unknown += one->ThreadsOf(Cause::kUnknown);
    if (static_cast<std::size_t>(entry.pools_size()) < kPoolsMax) {
      v1::ReportPool& pool = *entry.add_pools();
      FillPool(*one, group.cause.value_or(Cause::kUnknown), CausesOf(*one), pool);
      if (group.cause) {
        FillLongest(diagnosed, *one, *group.cause, pool);
      }
    } else {
      entry.set_pools_more(entry.pools_more() + 1);
    }
  }
  entry.set_share(active > 0 ? lost / active : 0);
  entry.set_unknown_share(active > 0 ? unknown / active : 0);
  if (group.cause) {
    for (std::string& sentence :
         AdviceFor(*group.cause, worst, diagnosed.cpu_idle, diagnosed.cpus)) {
      entry.add_advice(std::move(sentence));
    }
  }
}

void FillHost(const Diagnosed& diagnosed, v1::ReportHost& host) {
  host.set_cpus(static_cast<std::uint32_t>(diagnosed.cpus));
  host.set_cpu_idle(diagnosed.cpu_idle);
  host.set_has_pressure(diagnosed.has_pressure);
  host.set_memory_pressure(diagnosed.memory_pressure);
  host.set_disk_pressure(diagnosed.disk_pressure);
  std::map<std::string, double> by_name;
  for (const PoolCase& one : diagnosed.cases) {
    const LostPart* loop = one.Most(Cause::kEventLoop);
    by_name[one.process] +=
        one.ThreadsOf(Cause::kCpu) +
        (loop != nullptr && loop->culprit == "computing" ? one.ThreadsOf(Cause::kEventLoop) : 0);
  }
  std::vector<std::pair<std::string, double>> users(by_name.begin(), by_name.end());
  std::ranges::stable_sort(users, std::greater(), [](const auto& user) { return user.second; });
  for (const auto& [name, cpus] : users) {
    if (host.users_size() >= kUsersMax || cpus < kUserMin) {
      break;
    }
    v1::CpuUser& user = *host.add_users();
    user.set_name(name);
    user.set_cpus(cpus);
  }
}

Group GroupOf(const PoolCase& one) {
  Group group{
      .cause = std::nullopt, .culprit = "", .why = "", .pools = {&one}, .trouble = TroubleOf(one)};
  if (one.active < kActiveMin && one.severity <= Severity::kBusy) {
    return group;
  }
  const std::vector<Cause> causes = CausesOf(one);
  group.cause = causes.empty() ? Cause::kUnknown : causes.front();
  if (const LostPart* most = one.Most(*group.cause)) {
    group.culprit = most->culprit;
    group.why = most->why;
  }
  return group;
}

}  // namespace

bool IsCalled(const PoolCase& one, std::string_view name) {
  const NameMatch match(name);
  return std::ranges::any_of(one.pids, [&](pid_t pid) {
    return match.Takes(
        {.service = one.process, .container = one.container, .pid = pid, .pool = one.pool});
  });
}

std::vector<Cause> CausesOf(const PoolCase& one) {
  std::array<double, kCauseCount> shares{};
  for (std::size_t i = 0; i < kCauseCount; ++i) {
    shares[i] = one.ShareOf(static_cast<Cause>(i));
  }
  std::vector<Cause> causes;
  for (const CauseInfo& info : kCauses) {
    const double share = shares[static_cast<std::size_t>(info.cause)];
    if (share >= kShareMin && share * one.active >= std::min(kThreadsMin, kActiveMin * 2)) {
      causes.push_back(info.cause);
    }
  }
  std::ranges::stable_sort(causes, [&](Cause a, Cause b) {
    const auto rank = [&](Cause cause) {
      return std::tuple(Info(cause).whole, Info(cause).removable,
                        shares[static_cast<std::size_t>(cause)]);
    };
    return rank(b) < rank(a);
  });
  return causes;
}

double TroubleOf(const PoolCase& one) {
  const std::vector<Cause> causes = CausesOf(one);
  const double lost = causes.empty() ? one.active : one.ThreadsOf(causes.front());
  return WeightOf(one.severity) * lost;
}

absl::StatusOr<v1::Report> MakeReport(const Diagnosed& diagnosed, std::string_view name, bool all) {
  v1::Report report;
  report.set_version(1);
  report.set_window_seconds(Seconds(diagnosed.window));
  report.set_until_seconds_ago(Seconds(diagnosed.ended_ago));
  report.set_agent_seconds(Seconds(diagnosed.agent_age));
  report.set_source(diagnosed.source);
  FillHost(diagnosed, *report.mutable_host());
  std::vector<Group> groups;
  std::uint32_t found = 0;
  std::uint32_t quiet = 0;
  for (const PoolCase& one : diagnosed.cases) {
    if (!IsCalled(one, name)) {
      continue;
    }
    ++found;
    if (name.empty() && !all && !IsTrouble(one)) {
      ++quiet;
      continue;
    }
    Group group = GroupOf(one);
    const auto same = std::ranges::find_if(groups, [&](const Group& other) {
      return group.cause && other.cause == group.cause && IsShared(*group.cause) &&
             !group.culprit.empty() && other.culprit == group.culprit;
    });
    if (same == groups.end()) {
      groups.push_back(std::move(group));
    } else {
      same->pools.push_back(&one);
      same->trouble += group.trouble;
    }
  }
  if (found == 0 && !name.empty()) {
    return absl::NotFoundError(fmt::format(
        "no service, command, unit, container or pid of this host is called \"{}\"", name));
  }
  for (Group& group : groups) {
    std::ranges::stable_sort(group.pools, [](const PoolCase* a, const PoolCase* b) {
      return std::pair(TroubleOf(*b), b->active) < std::pair(TroubleOf(*a), a->active);
    });
  }
  std::ranges::stable_sort(groups, [](const Group& a, const Group& b) {
    return std::pair(b.trouble, b.pools.front()->active) <
           std::pair(a.trouble, a.pools.front()->active);
  });
  for (const Group& group : groups) {
    FillEntry(diagnosed, group, *report.add_entries());
  }
  report.set_pools_more(quiet);
  for (const std::string_view what : diagnosed.cannot_know) {
    report.add_cannot_know(fmt::format("{} does not tell: {}", diagnosed.source, what));
  }
  for (const std::string& remark : diagnosed.remarks) {
    report.add_cannot_know(remark);
  }
  return report;
}

}  // namespace loadline::agent
