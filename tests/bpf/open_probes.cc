// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/bpf_source.h"
#include "tests/bpf/probes_env.h"

namespace loadline::agent {

absl::StatusOr<std::unique_ptr<Source>> OpenTestSource() {
  return BpfSource::Create({.lock_holders = false});
}

}  // namespace loadline::agent
