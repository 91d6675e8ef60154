// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/pools_table.h"

#include <algorithm>
#include <string_view>

#include "agent/cli/pool_detail.h"
#include "fmt/format.h"

namespace loadline::cli {
namespace {

constexpr std::string_view kContainerTitle = "CONTAINER";
constexpr std::size_t kContainerWidthMax = 26;

// What most of a pool's waiting threads wait for: "196 network (10.0.0.5:5432), 3 lock".
std::string Waits(const v1::Pool& pool) {
  std::string text;
  for (const v1::Wait& wait : pool.waits()) {
    if (wait.threads() == 0) {
      continue;
    }
    fmt::format_to(std::back_inserter(text), "{}{} {}", text.empty() ? "" : ", ", wait.threads(),
                   wait.reason());
    if (wait.reason() != "network") {
      continue;
    }
    std::string_view separator = " (";
    for (const v1::Peer& peer : pool.peers()) {
      if (peer.threads() > 0) {
        fmt::format_to(std::back_inserter(text), "{}{}", separator, peer.address());
        separator = ", ";
      }
    }
    text += separator == ", " ? ")" : "";
  }
  return text;
}

std::string Cut(const std::string& text, std::size_t most) {
  return text.size() <= most ? text : text.substr(0, most - 1) + "~";
}

// The end tells containers apart.
std::string CutFront(std::string_view text, std::size_t most) {
  return std::string(text.size() <= most ? "" : "~")
      .append(text.substr(text.size() <= most ? 0 : text.size() - most + 1));
}

}  // namespace

std::string PoolsTable(const v1::PoolsSnapshot& snapshot, bool verbose) {
  // As wide as need be: a host without containers and units has no such column.
  std::size_t width = 0;
  for (const v1::Pool& pool : snapshot.pools()) {
    width = std::max(width, std::min(pool.container().size(), kContainerWidthMax));
  }
  width = width == 0 ? 0 : std::max(width, kContainerTitle.size());
  const auto container = [&](std::string_view name) {
    return width == 0 ? std::string() : fmt::format("{:<{}} ", CutFront(name, width), width);
  };
  std::string text = fmt::format("{:<20} {:>8} {}{:<18} {:>7} {:>7} {:>8} {:>7} {:>5}  {}\n",
                                 "PROCESS", "PID", container(kContainerTitle), "POOL", "THREADS",
                                 "WORKING", "RUNNABLE", "WAITING", "IDLE", "WAITS FOR");
  for (const v1::Pool& pool : snapshot.pools()) {
    fmt::format_to(
        std::back_inserter(text), "{:<20} {:>8} {}{:<18} {:>7} {:>7} {:>8} {:>7} {:>5}  {}\n",
        Cut(pool.process(), 20), pool.pid(), container(pool.container()), Cut(pool.pool(), 18),
        pool.threads(), pool.working(), pool.runnable(), pool.waiting(), pool.idle(), Waits(pool));
    if (verbose) {
      text += PoolDetail(pool);
    }
  }
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
