// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/pools_table.h"

#include <algorithm>
#include <string_view>

#include "agent/cli/pool_detail.h"
#include "agent/cli/pool_words.h"
#include "fmt/format.h"

namespace loadline::cli {
namespace {

constexpr std::string_view kContainerTitle = "CONTAINER";
constexpr std::size_t kContainerWidthMax = 26;
constexpr char kRow[] = "{:<20} {:>8} {}{:<18} {:>7} {:>7} {:>8} {:>7} {:>5}  {:<19} {}\n";

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
  std::string text =
      fmt::format(kRow, "PROCESS", "PID", container(kContainerTitle), "POOL", "THREADS", "WORKING",
                  "RUNNABLE", "WAITING", "IDLE", "BOTTLENECK", "WAITS FOR");
  for (const v1::Pool& pool : snapshot.pools()) {
    fmt::format_to(std::back_inserter(text), kRow, Cut(pool.process(), 20), pool.pid(),
                   container(pool.container()), Cut(pool.pool(), 18), pool.threads(),
                   pool.working(), pool.runnable(), pool.waiting(), pool.idle(), ClassOf(pool),
                   WaitsText(pool));
    if (verbose) {
      text += PoolDetail(pool);
    }
  }
  return text + SourceText(snapshot);
}

}  // namespace loadline::cli
