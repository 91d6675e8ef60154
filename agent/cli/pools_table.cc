// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/pools_table.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <string_view>
#include <vector>

#include "agent/cli/explain_words.h"
#include "agent/cli/pool_detail.h"
#include "agent/cli/pool_words.h"
#include "agent/cli/text_wrap.h"
#include "fmt/format.h"

namespace loadline::cli {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kNameWidth = 22;
constexpr char kRow[] = "{:<22} {:>7} {:>5} {:>4} {:>4} {:>4} {:>4}  {:<9} {}\n";

// Below, a pool whose severity nobody knows has lost less than half a thread.
constexpr double kTroubleMin = 0.05;

bool IsInTrouble(const v1::Pool& pool) {
  return pool.severity() == "exhausted" || pool.severity() == "stuck" ||
         pool.trouble() >= kTroubleMin;
}

std::string Name(const v1::Pool& pool) {
  return pool.process() == pool.pool() ? pool.process()
                                       : fmt::format("{}/{}", pool.process(), pool.pool());
}

std::string Cut(const std::string& text, std::size_t most) {
  return text.size() <= most ? text : text.substr(0, most - 1) + "~";
}

std::string_view OrNone(const std::string& text) {
  return text.empty() ? std::string_view("-") : std::string_view(text);
}

// Below a pool: whose it is, what it loses time to, and what its threads wait for at this moment.
void AddSecondLine(const v1::Pool& pool, std::string& text) {
  std::vector<std::string> parts;
  if (Name(pool).size() > kNameWidth) {
    parts.push_back(Name(pool));
  }
  if (!pool.container().empty()) {
    parts.push_back(pool.container());
  }
  if (!pool.cause().empty()) {
    parts.push_back(CauseWords(pool.cause(), pool.culprit()));
  }
  if (const std::string waits = WaitsText(pool); !waits.empty()) {
    parts.push_back("now " + waits);
  }
  if (!parts.empty()) {
    text += Wrapped("    ", fmt::format("{}", fmt::join(parts, "; ")), kWidth);
  }
}

}  // namespace

std::string PoolsTable(const v1::PoolsSnapshot& snapshot, const TableOptions& options) {
  std::vector<const v1::Pool*> pools;
  unsigned long quiet = 0;
  for (const v1::Pool& pool : snapshot.pools()) {
    if (options.all || IsInTrouble(pool)) {
      pools.push_back(&pool);
    } else {
      ++quiet;
    }
  }
  std::ranges::stable_sort(pools, std::greater(),
                           [](const v1::Pool* pool) { return pool->trouble(); });
  std::string text;
  if (!pools.empty()) {
    text = fmt::format(kRow, "PROCESS/POOL", "PID", "THRDS", "WORK", "RUN", "WAIT", "IDLE",
                       "SEVERITY", "CAUSE");
  }
  for (const v1::Pool* pool : pools) {
    fmt::format_to(std::back_inserter(text), kRow, Cut(Name(*pool), kNameWidth), pool->pid(),
                   pool->threads(), pool->working(), pool->runnable(), pool->waiting(),
                   pool->idle(), OrNone(pool->severity()), OrNone(pool->cause()));
    if (options.verbose || IsInTrouble(*pool)) {
      AddSecondLine(*pool, text);
    }
    if (options.verbose) {
      text += PoolDetail(*pool);
    }
  }
  if (quiet > 0) {
    fmt::format_to(std::back_inserter(text), "{}{}, in no trouble (--all shows them)\n",
                   Counted(quiet, "pool"), pools.empty() ? "" : " more");
  }
  return text + SourceText(snapshot);
}

}  // namespace loadline::cli
