// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "agent/src/sampler/source.h"

namespace loadline::agent {

// What main() opens, once per test program: the probes, unless the test has a function of its own.
absl::StatusOr<std::unique_ptr<Source>> OpenTestSource();

// The same, opened: main() ends with 77 where this user or this kernel cannot.
Source& Probes();

pid_t ThisThread();

// A thread of this process as the probes see it now.
std::optional<ThreadSample> ReadThread(pid_t tid, pid_t tgid = 0);
HostReading ReadHost();

// Total of one loss since the probes were loaded.
std::uint64_t Lost(const HostReading& reading, std::string_view what);

Clock::Time Now();
void Sleep(Clock::Duration time);

// Looks until `condition` holds; false: it did not within `patience`.
template <typename Condition>
bool Eventually(Condition condition, Clock::Duration patience = std::chrono::seconds{20}) {
  const Clock::Time start = Now();
  while (!condition()) {
    if (Now() - start > patience) {
      return false;
    }
    Sleep(std::chrono::milliseconds{2});
  }
  return true;
}

}  // namespace loadline::agent
