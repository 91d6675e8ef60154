// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/pool_words.h"

#include <iterator>
#include <string>
#include <vector>

#include "fmt/format.h"

namespace loadline::cli {

std::string WaitsText(const v1::Pool& pool) {
  std::string text;
  for (const v1::Wait& wait : pool.waits()) {
    if (wait.threads() == 0) {
      continue;
    }
    fmt::format_to(std::back_inserter(text), "{}{} {}", text.empty() ? "" : ", ", wait.threads(),
                   wait.reason());
    std::vector<std::string> whom;
    if (wait.reason() == "network") {
      for (const v1::Peer& peer : pool.peers()) {
        if (peer.threads() > 0) {
          whom.push_back(peer.address());
        }
      }
    }
    for (const v1::Held& held : wait.held()) {
      whom.push_back(held.by());
    }
    if (!whom.empty()) {
      fmt::format_to(std::back_inserter(text), " ({})", fmt::join(whom, ", "));
    }
  }
  return text;
}

std::string SourceText(const v1::PoolsSnapshot& snapshot) {
  std::string text;
  fmt::format_to(std::back_inserter(text), "CPUs: {}, {:.0f} % idle. Measured by {}.\n",
                 snapshot.cpus(), snapshot.cpu_idle_fraction() * 100, snapshot.source());
  if (snapshot.cannot_know_size() > 0) {
    fmt::format_to(std::back_inserter(text), "What {} cannot know: {}.\n", snapshot.source(),
                   fmt::join(snapshot.cannot_know(), ", "));
  }
  if (snapshot.dropped_size() > 0) {
    fmt::format_to(std::back_inserter(text), "Left out, to keep to --budget-cpu: {}.\n",
                   fmt::join(snapshot.dropped(), ", "));
  }
  return text;
}

}  // namespace loadline::cli
