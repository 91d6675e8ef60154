// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/pool_detail.h"

#include <iterator>

#include "fmt/format.h"

namespace loadline::cli {
namespace {

// "480us", "1.5ms", "2.1s".
std::string Short(double seconds) {
  if (seconds < 1e-3) {
    return fmt::format("{:.0f}us", seconds * 1e6);
  }
  return seconds < 1 ? fmt::format("{:.1f}ms", seconds * 1e3) : fmt::format("{:.1f}s", seconds);
}

void AddLatency(std::string_view what, const v1::Latency& latency, std::string& text) {
  if (latency.count() > 0) {
    fmt::format_to(std::back_inserter(text), "    {:<12} p50 {:>7}  p90 {:>7}  p99 {:>7}\n", what,
                   Short(latency.p50_seconds()), Short(latency.p90_seconds()),
                   Short(latency.p99_seconds()));
  }
}

}  // namespace

std::string PoolDetail(const v1::Pool& pool) {
  std::string text;
  AddLatency("run queue", pool.run_queue_latency(), text);
  for (const v1::Wait& wait : pool.waits()) {
    AddLatency(wait.reason(), wait.latency(), text);
  }
  for (const v1::LoopBlocked& blocked : pool.event_loop_blocked()) {
    fmt::format_to(std::back_inserter(text), "    event loop kept from its poll by {}: {}\n",
                   blocked.reason(), Short(blocked.seconds_total()));
  }
  for (const v1::Futex& futex : pool.futexes()) {
    fmt::format_to(std::back_inserter(text),
                   "    futex {}{}: {} waiting, longest for {}; {} in {} waits before\n",
                   futex.address(), futex.address() == pool.home() ? " (home)" : "",
                   futex.threads(), Short(futex.oldest_seconds()), Short(futex.seconds_total()),
                   futex.waits());
  }
  for (const v1::Neighbour& neighbour : pool.neighbours()) {
    fmt::format_to(std::back_inserter(text), "    behind {}: {}\n", neighbour.process(),
                   Short(neighbour.seconds_total()));
  }
  return text;
}

}  // namespace loadline::cli
