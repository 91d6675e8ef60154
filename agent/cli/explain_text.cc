// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/explain_text.h"

#include <iterator>
#include <string_view>

#include "agent/cli/advice.h"
#include "agent/cli/pool_words.h"
#include "fmt/format.h"

namespace loadline::cli {
namespace {

bool IsQuiet(std::string_view bottleneck_class) {
  return bottleneck_class == "healthy" || bottleneck_class == "idle" ||
         bottleneck_class == "app_limited";
}

// "peer_share 0.98 > 0.5, slowdown 2.3 > 1.3".
std::string Figures(const v1::Bottleneck& bottleneck) {
  std::string text;
  for (const v1::Figure& figure : bottleneck.figures()) {
    // Of two conditions of a rule one may be enough.
    const bool holds =
        figure.below() ? figure.value() < figure.bound() : figure.value() > figure.bound();
    const std::string_view relation = holds == figure.below() ? "<" : ">";
    fmt::format_to(std::back_inserter(text), "{}{} {:.3g} {} {:.3g}", text.empty() ? "" : ", ",
                   figure.name(), figure.value(), relation, figure.bound());
  }
  return text;
}

void AddPool(const v1::Pool& pool, std::string& text) {
  const v1::Bottleneck& bottleneck = pool.bottleneck();
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "{} ({}{}{}), pool {}: {}{}\n", pool.process(), pool.pid(),
                 pool.container().empty() ? "" : ", ", pool.container(), pool.pool(), ClassOf(pool),
                 bottleneck.subject().empty() ? "" : fmt::format(" ({})", bottleneck.subject()));
  const std::string waits = WaitsText(pool);
  fmt::format_to(out,
                 "    threads  {}: {} working, {} waiting for a CPU, {} waiting, {} idle{}{}\n",
                 pool.threads(), pool.working(), pool.runnable(), pool.waiting(), pool.idle(),
                 waits.empty() ? "" : "; ", waits);
  if (bottleneck.source() == "sdk") {
    fmt::format_to(out, "    because  its limiter says so\n");
  } else {
    const std::string figures = Figures(bottleneck);
    fmt::format_to(out, "    because  {}{}{:.0f} % sure, from the kernel alone\n", figures,
                   figures.empty() ? "" : "; ", bottleneck.confidence() * 100);
  }
  fmt::format_to(out, "    advice   {}\n", AdviceFor(bottleneck.class_()));
}

}  // namespace

std::string ExplainText(const v1::PoolsSnapshot& snapshot, bool all) {
  std::string text;
  int quiet = 0;
  int unknown = 0;
  for (const v1::Pool& pool : snapshot.pools()) {
    if (!pool.has_bottleneck()) {
      ++unknown;
    } else if (!all && IsQuiet(pool.bottleneck().class_())) {
      ++quiet;
    } else {
      AddPool(pool, text);
    }
  }
  const auto out = std::back_inserter(text);
  if (quiet > 0) {
    fmt::format_to(out, "Healthy, idle or limited by demand: {} pools (--all shows them).\n",
                   quiet);
  }
  if (unknown > 0) {
    fmt::format_to(out, "Not judged yet, or the kernel's own: {} pools.\n", unknown);
  }
  return text + SourceText(snapshot);
}

}  // namespace loadline::cli
