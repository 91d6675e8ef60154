// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "agent/src/sampler/wait_edge.h"

struct loadline_wakeups_bpf;

namespace loadline::agent {

// The probes of the wait-for graph: at each switch and each waking of this host, from Attach()
// until Detach() or the end of the object or of the process, however it ends. They need nothing of
// the other probes and do not disturb them. Needs root, or CAP_BPF and CAP_PERFMON. For one thread.
class WakeupProbes {
 public:
  // Waits that began before are counted from here on.
  static absl::StatusOr<std::unique_ptr<WakeupProbes>> Attach();
  ~WakeupProbes();
  WakeupProbes(const WakeupProbes&) = delete;
  WakeupProbes& operator=(const WakeupProbes&) = delete;

  // CPU time that they took so far, from the runs that timed themselves.
  Clock::Duration ProbeTime() const;
  // To be called again and again: threads that the probes had to leave out are known from then on.
  absl::Status KnowAgain();
  // What was found stays readable.
  void Detach();
  // All but `lasted` and `stop`.
  absl::StatusOr<WaitReading> Read() const;

 private:
  explicit WakeupProbes(loadline_wakeups_bpf* skeleton) : skeleton_(skeleton) {}
  absl::Status Start();

  loadline_wakeups_bpf* skeleton_;
  std::uint64_t unknown_ = 0;  // Since when threads were walked over last.
  Clock::Time know_again_at_{};
};

struct WakeupOptions {
  Clock::Duration time = std::chrono::seconds{5};
  // CPU time that the probes may take in all; they are detached when it is spent.
  Clock::Duration budget = std::chrono::milliseconds{500};
  // Waits at most so long; true: stop now. Called again and again, with some 50 ms.
  std::function<bool(Clock::Duration)> wait;
};

// Attaches the probes, waits, detaches and reads them. An error leaves nothing attached.
absl::StatusOr<WaitReading> MeasureWaits(const WakeupOptions& options);

}  // namespace loadline::agent
