// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <tuple>

#include "agent/cli/deep/wait_text.h"
#include "agent/cli/deep/wait_words.h"
#include "fmt/format.h"

namespace loadline::cli {
namespace {

constexpr double kWidthMin = 0.5;
constexpr double kWidthMax = 6;

std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out + '"';
}

}  // namespace

std::string WaitDot(const WaitReport& report) {
  struct Sum {
    double seconds = 0;
    std::uint64_t waits = 0;
  };
  // What the waker waited for is an edge of its own.
  std::map<std::tuple<std::string, std::string, std::string_view>, Sum> sums;
  double most = 0;
  for (const agent::WaitEdge& edge : report.reading.edges) {
    Sum& sum = sums[{PoolName(edge.woken), WakerName(edge.waker), Name(edge.reason)}];
    sum.seconds += Seconds(edge.waited);
    sum.waits += edge.waits;
    most = std::max(most, sum.seconds);
  }
  std::string text =
      "digraph waits {\n  rankdir=LR;\n  node [shape=box];\n"
      "  \"interrupt\" [shape=ellipse, style=dashed];\n";
  for (const auto& [key, sum] : sums) {
    const auto& [woken, waker, reason] = key;
    const double width = kWidthMin + (kWidthMax - kWidthMin) * sum.seconds / std::max(most, 1e-9);
    fmt::format_to(std::back_inserter(text),
                   "  {} -> {} [label=\"{} {:.3f} s, {} waits\", penwidth={:.1f}];\n",
                   Quoted(woken), Quoted(waker), reason, sum.seconds, sum.waits, width);
  }
  return text + "}\n";
}

}  // namespace loadline::cli
