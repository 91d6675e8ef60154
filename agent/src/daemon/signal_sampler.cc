// SPDX-License-Identifier: Apache-2.0
#include "agent/src/daemon/signal_sampler.h"

#include <vector>

namespace loadline::agent {

absl::Status SignalSampler::Read() {
  const std::vector<Registration> registered = registry_.Registrations();
  std::vector<pid_t> tgids;
  tgids.reserve(registered.size());
  for (const Registration& registration : registered) {
    tgids.push_back(registration.tgid);
  }
  reading_.threads.clear();
  if (!tgids.empty()) {
    if (absl::Status status = source_.ReadProcesses(tgids, reading_); !status.ok()) {
      return status;
    }
  }
  for (const PoolMember& member : book_.Update(reading_, registered)) {
    // A thread that ended meanwhile cannot be told; for any other, the source counts the failure,
    // and the run-queue split goes by the thread's name.
    source_.AssignPool(member.tid, member.pool).IgnoreError();
  }
  return absl::OkStatus();
}

}  // namespace loadline::agent
