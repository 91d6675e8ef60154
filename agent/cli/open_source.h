// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "agent/src/sampler/source.h"

namespace loadline::cli {

struct OpenedSource {
  std::unique_ptr<agent::Source> source;
  std::string
      warning;  // Why it is not the better one, and how to mend that. Empty: nothing to say.
};

// `wanted`: "bpf", "iter", "proc", or "auto": the probes if they load, else the iterator, else
// /proc. An error of "auto" says why none can be had.
absl::StatusOr<OpenedSource> OpenSource(const std::string& wanted);

}  // namespace loadline::cli
