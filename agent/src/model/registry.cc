// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/registry.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "fmt/format.h"

namespace loadline::agent {
namespace {

absl::Status TooMany(std::string_view what, int most) {
  return absl::ResourceExhaustedError(fmt::format("{}: at most {} are kept", what, most));
}

bool IsFull(const auto& container, int most) {
  return container.size() >= static_cast<std::size_t>(most);
}

}  // namespace

absl::StatusOr<Registry::Ticket> Registry::Open(pid_t tgid, const v1::Hello& hello) {
  if (absl::Status status = Check(hello); !status.ok()) {
    return status;
  }
  absl::MutexLock lock(&mutex_);
  if (!processes_.contains(tgid) && IsFull(processes_, bounds_.processes_max)) {
    return TooMany("registered processes", bounds_.processes_max);
  }
  Process& process = processes_[tgid];
  process_of_.erase(process.ticket);
  process = {};
  process.ticket = ++last_ticket_;
  process.registration.tgid = tgid;
  process.registration.service = hello.service();
  process_of_[process.ticket] = tgid;
  totals_.Opened(tgid);
  return process.ticket;
}

absl::StatusOr<Registry::Process*> Registry::At(Ticket ticket) {
  const auto found = process_of_.find(ticket);
  if (found == process_of_.end()) {
    return absl::AbortedError("the process opened a newer session");
  }
  return &processes_.at(found->second);
}

absl::Status Registry::Join(Process& process, std::string_view pool,
                            const google::protobuf::RepeatedField<std::uint32_t>& tids) const {
  Registration& registration = process.registration;
  auto& pool_of = registration.pool_of_inner_tid;
  if (pool_of.size() + static_cast<std::size_t>(tids.size()) >
      static_cast<std::size_t>(bounds_.threads_max)) {
    return TooMany("threads of a process", bounds_.threads_max);
  }
  if (std::ranges::find(registration.pools, pool) == registration.pools.end()) {
    if (IsFull(registration.pools, bounds_.pools_max)) {
      return TooMany("pools of a process", bounds_.pools_max);
    }
    registration.pools.emplace_back(pool);
  }
  for (const std::uint32_t tid : tids) {
    pool_of[static_cast<pid_t>(tid)] = pool;
  }
  return absl::OkStatus();
}

absl::Status Registry::Apply(Ticket ticket, const v1::PoolRegistration& pool) {
  if (absl::Status status = Check(pool, bounds_); !status.ok()) {
    return status;
  }
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<Process*> process = At(ticket);
  if (!process.ok()) {
    return process.status();
  }
  absl::erase_if((*process)->registration.pool_of_inner_tid,
                 [&](const auto& entry) { return entry.second == pool.name(); });
  return Join(**process, pool.name(), pool.tids());
}

absl::Status Registry::Apply(Ticket ticket, const v1::ThreadChange& change) {
  if (absl::Status status = Check(change, bounds_); !status.ok()) {
    return status;
  }
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<Process*> process = At(ticket);
  if (!process.ok()) {
    return process.status();
  }
  auto& pool_of = (*process)->registration.pool_of_inner_tid;
  for (const std::uint32_t tid : change.left_tids()) {
    const auto found = pool_of.find(static_cast<pid_t>(tid));
    if (found != pool_of.end() && found->second == change.pool()) {
      pool_of.erase(found);
    }
  }
  return Join(**process, change.pool(), change.joined_tids());
}

template <typename Report>
bool Registry::Keep(const Report& report, int most, ToldByName<Report>& told) {
  if (!told.contains(report.name()) && IsFull(told, most)) {
    std::erase_if(told, [&](const auto& entry) { return IsQuiet(entry.second.at); });
    if (IsFull(told, most)) {
      return false;
    }
  }
  told[report.name()] = {.report = report, .at = clock_.Now()};
  return true;
}

absl::Status Registry::Apply(Ticket ticket, const v1::LimiterReport& report) {
  if (absl::Status status = Check(report, bounds_); !status.ok()) {
    return status;
  }
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<Process*> process = At(ticket);
  if (!process.ok()) {
    return process.status();
  }
  if (!Keep(report, bounds_.limiters_max, (*process)->limiters)) {
    return TooMany("limiters of a process", bounds_.limiters_max);
  }
  totals_.Add((*process)->registration.tgid, (*process)->registration.service, report);
  return absl::OkStatus();
}

absl::Status Registry::Apply(Ticket ticket, const v1::PoolReport& report) {
  if (absl::Status status = Check(report); !status.ok()) {
    return status;
  }
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<Process*> process = At(ticket);
  if (!process.ok()) {
    return process.status();
  }
  if (!Keep(report, bounds_.pools_max, (*process)->pools)) {
    return TooMany("pools of a process", bounds_.pools_max);
  }
  totals_.Add((*process)->registration.tgid, (*process)->registration.service, report);
  return absl::OkStatus();
}

void Registry::CountLost() {
  absl::MutexLock lock(&mutex_);
  ++lost_;
}

bool Registry::Close(Ticket ticket) {
  absl::MutexLock lock(&mutex_);
  const auto found = process_of_.find(ticket);
  if (found == process_of_.end()) {
    return false;
  }
  totals_.Closed(found->second);
  processes_.erase(found->second);
  process_of_.erase(found);
  return true;
}

std::vector<Registration> Registry::Registrations() const {
  absl::MutexLock lock(&mutex_);
  std::vector<Registration> all;
  for (const auto& [tgid, process] : processes_) {
    all.push_back(process.registration);
  }
  return all;
}

ServiceReports Registry::Reports() const {
  absl::MutexLock lock(&mutex_);
  ServiceReports reports;
  reports.limiters = totals_.limiters();
  reports.pools = totals_.pools();
  reports.lost = totals_.lost() + lost_;
  for (const auto& [tgid, process] : processes_) {
    ServiceState& state = reports.services.emplace_back();
    state.tgid = tgid;
    state.service = process.registration.service;
    for (const auto& [name, limiter] : process.limiters) {
      if (!IsQuiet(limiter.at)) {
        state.limiters.push_back(limiter.report);
      }
    }
    for (const auto& [name, pool] : process.pools) {
      if (!IsQuiet(pool.at)) {
        state.pools.push_back(pool.report);
      }
    }
  }
  return reports;
}

int Registry::sessions() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int>(processes_.size());
}

}  // namespace loadline::agent
