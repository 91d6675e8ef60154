// SPDX-License-Identifier: Apache-2.0
#include "agent/demo/report.h"

#include <algorithm>
#include <functional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "agent/demo/mode_title.h"

namespace loadline::demo {
namespace {

constexpr int kLabelWidth = 30;
constexpr int kColumnWidth = 34;

// The figures of a run's cell. Colour is added after the width is right.
struct Cell {
  std::string text;
  Ink ink = Ink::kPlain;
};

std::string Row(std::string_view label, const std::vector<RunFigures>& runs, const Style& style,
                const std::function<Cell(const RunFigures&)>& cell) {
  std::string row = Left(label, kLabelWidth);
  int gap = 0;  // Owed by the cell before: the last one is not padded.
  for (const RunFigures& run : runs) {
    const Cell content = cell(run);
    absl::StrAppend(&row, std::string(static_cast<std::size_t>(gap), ' '),
                    Paint(content.ink, content.text, style));
    gap = std::max(1, kColumnWidth - static_cast<int>(content.text.size()));
  }
  return absl::StrCat(absl::StripTrailingAsciiWhitespace(row), "\n");
}

Cell EndpointCell(const EndpointFigures& figures) {
  const double share = figures.good_share();
  std::string text = absl::StrCat(Right(Number(100 * share, 1), 5), " % good, p99 ",
                                  Right(Number(figures.p99_ms, 0), 4), " ms");
  return {.text = std::move(text),
          .ink = share >= 0.95  ? Ink::kGood
                 : share >= 0.5 ? Ink::kWarn
                                : Ink::kBad};
}

Cell RecoveryCell(const RunFigures& run) {
  const std::string seconds = absl::StrCat(Number(run.recovery_seconds, 1), " s");
  if (!run.recovered) {
    return {.text = absl::StrCat("not within ", seconds), .ink = Ink::kBad};
  }
  return {.text = seconds, .ink = run.recovery_seconds <= 5 ? Ink::kGood : Ink::kWarn};
}

Cell WaitCell(const RunFigures& run) {
  const PoolFigures& pool = run.pool;
  if (pool.reason.empty()) {
    return {.text = "nothing"};
  }
  return {.text = absl::StrCat(pool.reason_threads, " of ", pool.threads, " on ", pool.reason)};
}

Cell PeerCell(const RunFigures& run) {
  if (run.pool.peer.empty()) {
    return {};
  }
  return {.text = absl::StrCat(run.pool.peer_threads, " of them on ", run.pool.peer)};
}

}  // namespace

std::string RenderTable(const std::vector<RunFigures>& runs, const Style& style) {
  std::string table = Row("", runs, style, [](const RunFigures& run) {
    return Cell{.text = std::string(Title(run.mode)), .ink = Ink::kStrong};
  });
  for (std::size_t i = 0; !runs.empty() && i < runs.front().phases.size(); ++i) {
    for (const Endpoint endpoint : kEndpoints) {
      const std::string label =
          absl::StrCat(Left(Name(runs.front().phases[i].kind), 10), Left(Name(endpoint), 12));
      table += Row(label, runs, style,
                   [&](const RunFigures& run) { return EndpointCell(run.phases[i].of(endpoint)); });
    }
  }
  table += Row("back to 95 % of steady after", runs, style, RecoveryCell);
  table += Row("threads, at most", runs, style, [](const RunFigures& run) {
    return Cell{.text = absl::StrCat(run.pool.threads_peak)};
  });
  table += Row("when slow, waiting", runs, style, WaitCell);
  table += Row("", runs, style, PeerCell);
  return table;
}

}  // namespace loadline::demo
