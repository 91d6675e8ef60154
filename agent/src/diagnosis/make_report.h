// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/src/diagnosis/pool_case.h"
#include "loadline/v1/report.pb.h"

namespace loadline::agent {

// All that a report is made of: the host and the cases of its pools, in one window.
struct Diagnosed {
  int cpus = 1;
  double cpu_idle = 0;
  double memory_pressure = 0;
  double disk_pressure = 0;
  bool has_pressure = false;
  Clock::Duration window{};
  Clock::Time at;               // This is, or was, ...
  double unix_time = 0;         // ... this time by the wall clock; 0: not known.
  Clock::Duration ended_ago{};  // The window; 0: it is the present one.
  Clock::Duration agent_age{};
  std::string source;
  std::vector<std::string_view> cannot_know;  // As Source::cannot_know().
  std::vector<std::string> remarks;           // Sentences on what the window lacks.
  std::vector<PoolCase> cases;
};

// Whether a pool is meant by `name`: a service, a command, a unit or a container, or a pid, and
// optionally "/POOL". Empty: any.
bool IsCalled(const PoolCase& one, std::string_view name);

// The causes of a case that are worth a word: a share of at least 0.15 and 0.1 threads, the largest
// first; those that could go away before those that could not.
std::vector<Cause> CausesOf(const PoolCase& one);

// How much trouble a case is: threads lost to its first cause, weighed by its severity.
double TroubleOf(const PoolCase& one);

// Pure. kNotFound: no pool is called `name`.
absl::StatusOr<v1::Report> MakeReport(const Diagnosed& diagnosed, std::string_view name, bool all);

}  // namespace loadline::agent
