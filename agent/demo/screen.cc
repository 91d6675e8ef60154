// SPDX-License-Identifier: Apache-2.0
#include "agent/demo/screen.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/demo/mode_title.h"

namespace loadline::demo {
namespace {

constexpr int kNameWidth = 24;
constexpr int kBarWidthMin = 2;
constexpr int kBarWidthMax = 60;
constexpr std::size_t kPoolsMax = 5;  // Of the demo's processes; more is noise.
constexpr std::size_t kLimitersMax = 4;

std::string Percent(double share) { return absl::StrCat(Number(100 * share, 0), " %"); }

Ink InkOf(double share) {
  return share >= 0.95 ? Ink::kGood : share >= 0.5 ? Ink::kWarn : Ink::kBad;
}

std::string PhaseLeft(const ScreenState& state) {
  if (state.phase >= state.phases.size()) {
    return "until Ctrl-C";
  }
  const Clock::Duration left = state.phases[state.phase].length - state.phase_elapsed;
  return absl::StrCat(Number(std::max(0.0, std::ceil(Seconds(left))), 0), " s left");
}

std::string PhaseBar(const ScreenState& state, const Style& style) {
  // Of each bar, beside "warmup steady slow recovery" and the gaps between.
  const int columns = std::clamp((style.width - 34) / 4, 4, 20);
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < state.phases.size(); ++i) {
    const double share = i < state.phase ? 1.0
                         : i > state.phase
                             ? 0.0
                             : Seconds(state.phase_elapsed) / Seconds(state.phases[i].length);
    const int full = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * columns));
    const std::array<BarPart, 2> bar = {{
        {.count = full, .ink = Ink::kInfo, .unicode = "━", .ascii = '='},
        {.count = columns - full, .ink = Ink::kFaint, .unicode = "─", .ascii = '-'},
    }};
    const Ink ink = i == state.phase ? Ink::kStrong : Ink::kFaint;
    parts.push_back(absl::StrCat(Paint(ink, Name(state.phases[i].kind), style), " ",
                                 StackedBar(bar, columns, style)));
  }
  return absl::StrJoin(parts, "  ");
}

std::string EndpointLine(const ScreenState& state, Endpoint endpoint, const Style& style) {
  const auto i = static_cast<std::size_t>(endpoint);
  const LiveMeter::Reading& load = state.load[i];
  const double offered = state.offered_per_second[i];
  const double share = offered > 0 ? load.good_per_second / offered : 0;
  const std::string name =
      endpoint == Endpoint::kIndependent ? "/price  independent" : "/order  needs it";
  const int spark = std::max(0, style.width - kNameWidth - 34);
  return absl::StrCat(Left(name, kNameWidth), Right(Number(load.good_per_second, 0), 5), " of ",
                      Left(absl::StrCat(Number(offered, 0), "/s"), 6),
                      Paint(InkOf(share), Right(Percent(std::min(share, 1.0)), 6), style),
                      Right(absl::StrCat(Number(load.p99_ms, 0), " ms"), 9), "  ",
                      Sparkline(load.history, offered, spark, style));
}

// "197 network 127.0.0.1:41233, 2 poll"
std::string Waits(const PoolView& pool) {
  std::vector<std::string> waits;
  for (const Tally& wait : pool.waits) {
    std::string text = absl::StrCat(wait.threads, " ", wait.name);
    if (wait.name == "network" && !pool.peers.empty()) {
      absl::StrAppend(&text, " ", pool.peers.front().name);
    }
    waits.push_back(std::move(text));
    if (waits.size() == 3) {
      break;
    }
  }
  return absl::StrJoin(waits, ", ");
}

std::string PoolLine(const PoolView& pool, const Style& style) {
  const std::array<BarPart, 4> parts = {{
      {.count = pool.working, .ink = Ink::kGood, .unicode = "█", .ascii = '#'},
      {.count = pool.runnable, .ink = Ink::kWarn, .unicode = "▓", .ascii = '+'},
      {.count = pool.waiting, .ink = Ink::kBad, .unicode = "▒", .ascii = 'x'},
      {.count = pool.idle, .ink = Ink::kFaint, .unicode = "░", .ascii = '.'},
  }};
  const int bar = std::clamp(style.width - kNameWidth - 38, kBarWidthMin, kBarWidthMax);
  return absl::StrCat(Left(absl::StrCat(pool.process, "/", pool.pool), kNameWidth),
                      Right(absl::StrCat(pool.threads), 6),  //
                      Paint(Ink::kGood, Right(absl::StrCat(pool.working), 8), style),
                      Paint(Ink::kWarn, Right(absl::StrCat(pool.runnable), 9), style),
                      Paint(Ink::kBad, Right(absl::StrCat(pool.waiting), 8), style),
                      Paint(Ink::kFaint, Right(absl::StrCat(pool.idle), 5), style), "  ",
                      StackedBar(parts, bar, style));
}

std::string WaitLine(const PoolView& pool, const Style& style) {
  const std::string text = Left(absl::StrCat("  waiting: ", Waits(pool)), style.width);
  return Paint(pool.waiting > pool.threads / 2 ? Ink::kBad : Ink::kFaint, text, style);
}

std::string LimiterLine(const PoolView& pool, const LimiterView& limiter, const Style& style) {
  const std::string why =
      absl::StrCat(limiter.reason, ", seen as ", limiter.bottleneck, " by ", limiter.signal_source);
  const int rest = std::max(0, style.width - kNameWidth - 36);
  return absl::StrCat(Left(absl::StrCat(pool.process, "/", limiter.name), kNameWidth),
                      Paint(Ink::kStrong, Right(Number(limiter.limit, 1), 7), style),
                      Right(absl::StrCat(limiter.in_flight), 11),
                      Right(absl::StrCat(limiter.queued), 8),
                      Right(absl::StrCat(limiter.rejected), 9), " ", Left(why, rest - 1));
}

std::string SizeLine(const PoolView& pool, const Style& style) {
  const std::string text =
      absl::StrCat("pool size ", pool.size->threads, ", wanted ", pool.size->target, ", queue ",
                   pool.size->queued, ", because ", pool.size->reason);
  return absl::StrCat(Left(absl::StrCat(pool.process, "/", pool.pool), kNameWidth),
                      Left(text, std::max(0, style.width - kNameWidth)));
}

// A process's pools that are worth a line: those that it registered, else its largest.
bool IsMain(const PoolView& pool, const std::vector<PoolView>& pools) {
  return pool.registered || std::ranges::none_of(pools, [&](const PoolView& other) {
           return other.pid == pool.pid && (other.registered || other.threads > pool.threads);
         });
}

struct PoolChoice {
  std::vector<PoolView> shown;  // The service's first, then by size.
  int other_threads = 0;        // Of the pools left out: runtimes' helpers, mostly.
};

PoolChoice ChoosePools(const ScreenState& state) {
  std::vector<PoolView> pools = state.host.pools;
  std::ranges::stable_sort(pools, [&](const PoolView& a, const PoolView& b) {
    const bool a_first = a.pid == state.service;
    const bool b_first = b.pid == state.service;
    return a_first != b_first ? a_first : a.threads > b.threads;
  });
  PoolChoice choice;
  for (const PoolView& pool : pools) {
    if (choice.shown.size() < kPoolsMax && IsMain(pool, pools)) {
      choice.shown.push_back(pool);
    } else {
      choice.other_threads += pool.threads;
    }
  }
  return choice;
}

void AppendPools(const PoolChoice& pools, const Style& style, std::vector<std::string>& lines) {
  // The headings have the inks of the bar's parts: they are its legend.
  lines.push_back(
      absl::StrCat(Paint(Ink::kFaint, Left("POOL", kNameWidth) + " TOTAL", style),
                   Paint(Ink::kGood, " WORKING", style), Paint(Ink::kWarn, " RUNNABLE", style),
                   Paint(Ink::kBad, " WAITING", style), Paint(Ink::kFaint, " IDLE", style)));
  for (const PoolView& pool : pools.shown) {
    lines.push_back(PoolLine(pool, style));
    if (!pool.waits.empty()) {
      lines.push_back(WaitLine(pool, style));
    }
  }
  if (pools.other_threads > 0) {
    lines.push_back(Paint(
        Ink::kFaint, absl::StrCat("and ", pools.other_threads, " threads in other pools"), style));
  }
  if (pools.shown.empty()) {
    lines.emplace_back("waiting for the agent's first snapshot");
  }
}

void AppendDecisions(const std::vector<PoolView>& pools, const Style& style,
                     std::vector<std::string>& lines) {
  lines.push_back(
      Paint(Ink::kFaint,
            Left(absl::StrCat(Left("LIMIT", kNameWidth), "  LIMIT  IN FLIGHT  QUEUED  REFUSED WHY"),
                 std::min(style.width, kNameWidth + 40)),
            style));
  std::size_t shown = 0;
  for (const PoolView& pool : pools) {
    for (const LimiterView& limiter : pool.limiters) {
      if (shown++ < kLimitersMax) {
        lines.push_back(LimiterLine(pool, limiter, style));
      }
    }
  }
  for (const PoolView& pool : pools) {
    if (pool.size) {
      lines.push_back(SizeLine(pool, style));
      ++shown;
    }
  }
  if (shown == 0) {
    lines.push_back(Paint(Ink::kFaint, "none reported", style));
  }
}

std::string Cut(const std::vector<std::string>& lines, int height) {
  const std::size_t count = std::min(lines.size(), static_cast<std::size_t>(height));
  return absl::StrJoin(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(count), "\n");
}

}  // namespace

std::string RenderScreen(const ScreenState& state, const Style& style) {
  const PoolChoice pools = ChoosePools(state);
  std::vector<std::string> lines;
  lines.push_back(absl::StrCat(
      Paint(Ink::kStrong, "loadline demo", style), "  run ", state.run, " of ", state.runs, ": ",
      Paint(Ink::kInfo, Title(state.mode), style), ", ", PhaseLeft(state)));
  lines.push_back(PhaseBar(state, style));
  lines.push_back(absl::StrCat(state.dependency, " answers in ",
                               Paint(state.dependency_latency_ms > 1000 ? Ink::kBad : Ink::kPlain,
                                     Number(state.dependency_latency_ms, 0), style),
                               " ms"));
  lines.emplace_back();
  lines.push_back(Paint(Ink::kFaint,
                        Left(absl::StrCat(Left("ENDPOINT", kNameWidth),
                                          "   GOOD WITHIN 250 ms      P99  LAST SECONDS"),
                             std::min(style.width, kNameWidth + 44)),
                        style));
  for (const Endpoint endpoint : kEndpoints) {
    lines.push_back(EndpointLine(state, endpoint, style));
  }
  lines.emplace_back();
  AppendPools(pools, style, lines);
  lines.emplace_back();
  AppendDecisions(pools.shown, style, lines);
  lines.emplace_back();
  lines.push_back(
      Paint(Ink::kFaint,
            Left(absl::StrCat("agent: ", state.host.source, ", ", state.host.cpus, " CPUs ",
                              Percent(state.host.cpu_idle), " idle, ", state.metrics_url),
                 style.width),
            style));
  return Cut(lines, style.height);
}

std::string RenderLine(const ScreenState& state) {
  const bool playing = state.phase < state.phases.size();
  std::string line = absl::StrCat(
      std::string(Name(state.mode)), " ",
      std::string(playing ? Name(state.phases[state.phase].kind) : "kept"), ", ", PhaseLeft(state));
  for (const Endpoint endpoint : kEndpoints) {
    const auto i = static_cast<std::size_t>(endpoint);
    absl::StrAppend(&line, " | ", std::string(Name(endpoint)), " ",
                    Number(state.load[i].good_per_second, 0), " of ",
                    Number(state.offered_per_second[i], 0), "/s good, p99 ",
                    Number(state.load[i].p99_ms, 0), " ms");
  }
  const std::vector<PoolView> pools = ChoosePools(state).shown;
  if (!pools.empty()) {
    const PoolView& pool = pools.front();
    absl::StrAppend(&line, " | ", pool.process, "/", pool.pool, " ", pool.threads,
                    " threads: ", pool.working, " working ", pool.runnable, " runnable ",
                    pool.waiting, " waiting ", pool.idle, " idle");
    absl::StrAppend(&line, pool.waits.empty() ? "" : " (", Waits(pool),
                    pool.waits.empty() ? "" : ")");
    for (const LimiterView& limiter : pool.limiters) {
      absl::StrAppend(&line, " | ", limiter.name, " limit ", Number(limiter.limit, 1),
                      " in flight ", limiter.in_flight, " because ", limiter.reason);
    }
  }
  return line;
}

}  // namespace loadline::demo
