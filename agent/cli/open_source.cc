// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/open_source.h"

#include <unistd.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "agent/src/kernel/bpf_source.h"
#include "agent/src/sampler/proc_source.h"
#include "loadline/steady_clock.h"

namespace loadline::cli {
namespace {

absl::StatusOr<std::unique_ptr<agent::Source>> OpenProc() {
  const long cpus = ::sysconf(_SC_NPROCESSORS_ONLN);
  return agent::ProcSource::Create(
      {.clock = &SteadyClock::Get(), .cpus = static_cast<int>(std::max(1L, cpus))});
}

}  // namespace

absl::StatusOr<OpenedSource> OpenSource(const std::string& wanted) {
  std::string warning;
  if (wanted != "proc") {
    absl::StatusOr<std::unique_ptr<agent::Source>> bpf = agent::BpfSource::Create();
    if (bpf.ok()) {
      return OpenedSource{.source = *std::move(bpf), .warning = {}};
    }
    if (wanted == "bpf") {
      return bpf.status();
    }
    warning = absl::StrCat("measuring by proc: reasons of waits are sampled",
                           ::geteuid() == 0 ? "" : ", and known for this user's processes only",
                           "; for bpf: ", bpf.status().message());
  }
  absl::StatusOr<std::unique_ptr<agent::Source>> proc = OpenProc();
  if (!proc.ok()) {
    return absl::Status(proc.status().code(), absl::StrCat(proc.status().message(),
                                                           warning.empty() ? "" : "; ", warning));
  }
  return OpenedSource{.source = *std::move(proc), .warning = std::move(warning)};
}

}  // namespace loadline::cli
