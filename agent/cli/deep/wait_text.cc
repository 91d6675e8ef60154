// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/deep/wait_text.h"

#include <algorithm>
#include <string_view>

#include "agent/cli/deep/wait_words.h"
#include "fmt/format.h"

namespace loadline::cli {
namespace {

constexpr std::size_t kRowsMax = 40;
constexpr std::size_t kPoolWidth = 34;

std::string Cut(const std::string& text, std::size_t most) {
  return text.size() <= most ? text : text.substr(0, most - 1) + "~";
}

void AppendSteps(const std::vector<agent::WaitStep>& steps, int depth, std::string& text) {
  for (const agent::WaitStep& step : steps) {
    fmt::format_to(std::back_inserter(text), "{:{}}{:>3.0f} %  {}{}, woken by {}{}\n", "",
                   2 + 4 * depth, step.share * 100, Name(step.reason),
                   step.target.empty() ? "" : " (" + Plain(step.target) + ")",
                   WakerName(step.waker), step.is_loop ? " (see above)" : "");
    AppendSteps(step.causes, depth + 1, text);
  }
}

std::string Chains(const WaitReport& report) {
  std::string text = "What they waited for; indented, what the waker waited for meanwhile:\n";
  for (const agent::WaitChain& chain : report.chains) {
    fmt::format_to(std::back_inserter(text), "{}: {:.3f} s\n", PoolName(chain.pool),
                   Seconds(chain.waited));
    AppendSteps(chain.steps, 0, text);
  }
  return text;
}

std::string Table(const WaitReport& report) {
  std::string text = fmt::format("{:<{}} {:<12} {:<{}} {:<12} {:>9} {:>9} {:>9}  {}\n", "POOL",
                                 kPoolWidth, "WAITED FOR", "WOKEN BY", kPoolWidth, "THAT WAITED",
                                 "SECONDS", "WAITS", "MAX ms", "LONGEST");
  const auto& edges = report.reading.edges;
  for (std::size_t i = 0; i < std::min(edges.size(), kRowsMax); ++i) {
    const agent::WaitEdge& edge = edges[i];
    fmt::format_to(std::back_inserter(text),
                   "{:<{}} {:<12} {:<{}} {:<12} {:>9.3f} {:>9} {:>9.2f}  {}\n",
                   Cut(PoolName(edge.woken), kPoolWidth), kPoolWidth, Name(edge.reason),
                   Cut(WakerName(edge.waker), kPoolWidth), kPoolWidth,
                   edge.waker_reason ? Name(*edge.waker_reason) : "-", Seconds(edge.waited),
                   edge.waits, Seconds(edge.longest) * 1e3, Plain(edge.target));
  }
  if (edges.size() > kRowsMax) {
    fmt::format_to(std::back_inserter(text), "and {} more: --json has all\n",
                   edges.size() - kRowsMax);
  }
  return text;
}

std::string Foot(const WaitReport& report) {
  const agent::WaitReading& reading = report.reading;
  std::string text =
      fmt::format("Measured for {:.1f} s{}; the probes took {:.2f} % of all CPUs.\n",
                  Seconds(reading.lasted), StopText(reading.stop, report), report.cpu_percent);
  std::string lost;
  for (const agent::SourceLoss& loss : reading.losses) {
    if (loss.total != 0) {
      fmt::format_to(std::back_inserter(lost), "{}{} {}", lost.empty() ? "" : ", ", loss.what,
                     loss.total);
    }
  }
  if (!lost.empty()) {
    fmt::format_to(std::back_inserter(text), "Not seen: {}; {:.3f} s of waits are in no row.\n",
                   lost, Seconds(reading.lost_wait));
  }
  return text;
}

}  // namespace

std::string WaitText(const WaitReport& report) {
  return Chains(report) + "\n" + Table(report) + "\n" + Foot(report);
}

}  // namespace loadline::cli
