// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "agent/src/model/registration.h"
#include "agent/src/model/report_totals.h"
#include "agent/src/model/session_rules.h"
#include "loadline/clock.h"
#include "loadline/v1/self.pb.h"

namespace loadline::agent {

// What a process with an open session says of itself, now.
struct ServiceState {
  pid_t tgid = 0;
  std::string service;
  std::vector<v1::LimiterReport> limiters;
  std::vector<v1::PoolReport> pools;
};

struct ServiceReports {
  std::vector<ServiceState> services;
  std::map<ReportLabels, LimiterTotals> limiters;
  std::map<ReportLabels, PoolTaskTotals> pools;
  std::uint64_t lost = 0;
};

// Which processes have a session, and what they said in it.
//
// A process has one session: when it opens another, the newest counts, since the agent may learn
// late that the old stream broke. Calls with the ticket of a session that is over answer kAborted.
//
// Errors: kInvalidArgument for a message out of range; kResourceExhausted when a bound is reached.
// Either leaves the registry as it was.
//
// Thread safety: any thread, any time.
class Registry {
 public:
  using Ticket = std::uint64_t;

  // A report is repeated every second. One that was not for this long is of something that the
  // process has no more.
  static constexpr std::chrono::seconds kQuietMax{15};

  // `clock` must outlive the registry.
  Registry(const SessionBounds& bounds, const Clock& clock) : bounds_(bounds), clock_(clock) {}

  absl::StatusOr<Ticket> Open(pid_t tgid, const v1::Hello& hello);
  absl::Status Apply(Ticket ticket, const v1::PoolRegistration& pool);
  absl::Status Apply(Ticket ticket, const v1::ThreadChange& change);
  absl::Status Apply(Ticket ticket, const v1::LimiterReport& report);
  absl::Status Apply(Ticket ticket, const v1::PoolReport& report);

  // A message that found no room, and that its session survives.
  void CountLost();

  // Whether the process has no session any more: then what the kernel side knows of it can go.
  bool Close(Ticket ticket);

  std::vector<Registration> Registrations() const;
  ServiceReports Reports() const;
  int sessions() const;

 private:
  template <typename Report>
  struct Told {
    Report report;
    Clock::Time at;
  };
  template <typename Report>
  using ToldByName = std::map<std::string, Told<Report>, std::less<>>;

  struct Process {
    Ticket ticket = 0;
    Registration registration;
    ToldByName<v1::LimiterReport> limiters;
    ToldByName<v1::PoolReport> pools;
  };

  // Keeps `report`, in the place of a quiet one if need be; whether there was room.
  template <typename Report>
  bool Keep(const Report& report, int most, ToldByName<Report>& told);
  bool IsQuiet(Clock::Time told_at) const { return clock_.Now() - told_at > kQuietMax; }

  absl::StatusOr<Process*> At(Ticket ticket) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Join(Process& process, std::string_view pool,
                    const google::protobuf::RepeatedField<std::uint32_t>& tids) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const SessionBounds bounds_;
  const Clock& clock_;
  mutable absl::Mutex mutex_;
  Ticket last_ticket_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<pid_t, Process> processes_ ABSL_GUARDED_BY(mutex_);
  std::map<Ticket, pid_t> process_of_ ABSL_GUARDED_BY(mutex_);
  ReportTotals totals_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t lost_ ABSL_GUARDED_BY(mutex_) = 0;  // Beside those of totals_.
};

}  // namespace loadline::agent
