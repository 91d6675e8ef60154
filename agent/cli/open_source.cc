// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/open_source.h"

#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "agent/src/kernel/bpf_source.h"
#include "agent/src/kernel/iter_source.h"
#include "agent/src/sampler/proc_source.h"
#include "loadline/steady_clock.h"

namespace loadline::cli {
namespace {

int Cpus() { return static_cast<int>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN))); }

absl::StatusOr<std::unique_ptr<agent::Source>> OpenProc() {
  return agent::ProcSource::Create({.clock = &SteadyClock::Get(), .cpus = Cpus()});
}

absl::StatusOr<OpenedSource> Opened(absl::StatusOr<std::unique_ptr<agent::Source>> source,
                                    std::string warning) {
  if (!source.ok()) {
    return source.status();
  }
  return OpenedSource{.source = *std::move(source), .warning = std::move(warning)};
}

}  // namespace

// Best first. Each says what it lacks beside the one before.
absl::StatusOr<OpenedSource> OpenSource(const std::string& wanted) {
  const bool automatic = wanted == "auto";
  std::string refused;  // What could not be had, and why.
  if (automatic || wanted == "bpf") {
    absl::StatusOr<std::unique_ptr<agent::Source>> bpf = agent::BpfSource::Create();
    if (bpf.ok() || !automatic) {
      return Opened(std::move(bpf), "");
    }
    refused = absl::StrCat("; for bpf: ", bpf.status().message());
  }
  if (automatic || wanted == "iter") {
    absl::StatusOr<std::unique_ptr<agent::Source>> iter = agent::IterSource::Create(Cpus());
    if (iter.ok() || !automatic) {
      return Opened(std::move(iter),
                    automatic
                        ? absl::StrCat("measuring by iter: reasons of waits are sampled", refused)
                        : "");
    }
    if (iter.status().message() != refused.substr(std::string_view("; for bpf: ").size())) {
      absl::StrAppend(&refused, "; for iter: ", iter.status().message());
    }
  }
  absl::StatusOr<std::unique_ptr<agent::Source>> proc = OpenProc();
  const std::string warning =
      absl::StrCat("measuring by proc: reasons of waits are sampled",
                   ::geteuid() == 0 ? "" : ", and known for this user's processes only", refused);
  if (!proc.ok() && automatic) {
    return absl::Status(proc.status().code(), absl::StrCat(proc.status().message(), "; ", warning));
  }
  return Opened(std::move(proc), automatic ? warning : "");
}

}  // namespace loadline::cli
