// SPDX-License-Identifier: Apache-2.0
#include "agent/simulate/plot.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "agent/simulate/svg_chart.h"
#include "loadline/sim/oracle.h"
#include "loadline/sim/play.h"

namespace loadline::cli {
namespace {

using sim::Recording;

constexpr std::size_t kPoints = 450;  // Two pixels each.
constexpr double kGap = std::numeric_limits<double>::quiet_NaN();
constexpr int kGrey = 7;

// `count` values spread over kPoints or fewer, each the mean of those that it stands for.
template <typename Value>
std::vector<double> Thinned(std::size_t count, Value value) {
  const std::size_t per_point = std::max<std::size_t>(1, (count + kPoints - 1) / kPoints);
  std::vector<double> points;
  for (std::size_t i = 0; i < count; i += per_point) {
    double sum = 0;
    int n = 0;
    for (std::size_t j = i; j < std::min(count, i + per_point); ++j) {
      const double each = value(j);
      sum += std::isfinite(each) ? each : 0;
      n += std::isfinite(each) ? 1 : 0;
    }
    points.push_back(n > 0 ? sum / n : kGap);
  }
  return points;
}

// Per second, in steps of half a second.
template <typename Count>
std::vector<double> Rate(const Recording& recording, Count count) {
  constexpr std::size_t kBins = 10;
  return Thinned(recording.bins.size() / kBins, [&](std::size_t i) {
    double sum = 0;
    for (std::size_t j = i * kBins; j < (i + 1) * kBins; ++j) {
      sum += count(j);
    }
    return 2 * sum;
  });
}

std::vector<double> Latency(const Recording& recording, double quantile) {
  return Thinned(recording.seconds.size() - 1, [&](std::size_t i) {
    const Histogram& second = recording.seconds[i];
    return second.count() > 0 ? static_cast<double>(second.Quantile(quantile)) / 1e6 : kGap;
  });
}

// So that one peak of an unlimited law does not flatten all the rest.
double MostUseful(const SvgChart::Panel& panel, double part) {
  std::vector<double> values;
  for (const SvgChart::Line& line : panel.lines) {
    std::copy_if(line.values.begin(), line.values.end(), std::back_inserter(values),
                 [](double value) { return std::isfinite(value); });
  }
  if (values.empty()) {
    return 1;
  }
  const auto place =
      values.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), place, values.end());
  return 1.3 * *place;
}

struct Panels {
  SvgChart::Panel load{.title = "Load and goodput", .unit = "requests/s"};
  SvgChart::Panel limit{.title = "Limit and in flight", .unit = "requests"};
  SvgChart::Panel latency{.title = "Latency of admitted requests", .unit = "ms"};
};

void AddLaw(const Recording& recording, const std::string& name, int colour, bool alone, bool pool,
            Panels& panels) {
  const auto& ticks = recording.ticks;
  panels.load.lines.push_back(
      {alone ? "goodput" : name, colour, false, false,
       Rate(recording, [&](std::size_t i) { return recording.bins[i].good; })});
  panels.limit.lines.push_back(
      {alone ? "limit" : name, colour, false, false, Thinned(ticks.size(), [&](std::size_t i) {
         return ticks[i].limit < 1e6 ? ticks[i].limit : kGap;
       })});
  panels.latency.lines.push_back(
      {alone ? "p99" : absl::StrCat(name, " p99"), colour, false, false, Latency(recording, 0.99)});
  if (alone && pool) {
    panels.limit.lines.push_back(
        {"threads", 3, true, false,
         Thinned(ticks.size(), [&](std::size_t i) { return double(ticks[i].threads); })});
  }
  if (alone) {
    panels.limit.lines.push_back(
        {"in flight", 2, false, true,
         Thinned(ticks.size(), [&](std::size_t i) { return double(ticks[i].in_flight); })});
    panels.latency.lines.push_back({"p50", 5, false, false, Latency(recording, 0.5)});
  }
}

// All of the load, unless goodput would be a flat line under it.
double LoadMost(const SvgChart::Panel& load) {
  const auto most = [](const SvgChart::Line& line) {
    return *std::max_element(line.values.begin(), line.values.end());
  };
  return std::min(1.08 * most(load.lines[0]), 3.2 * std::max(1.0, most(load.lines[1])));
}

std::vector<double> Constant(double value) { return std::vector<double>(kPoints, value); }

}  // namespace

std::string Plot(const Experiment& experiment) {
  const sim::Scenario& scenario = experiment.scenarios.front().scenario;
  SvgChart chart{.title = scenario.name, .subtitle = scenario.about};
  chart.seconds = static_cast<double>(scenario.end) / static_cast<double>(sim::kSecond);
  for (const sim::Phase& phase : scenario.phases) {
    chart.bands.push_back(
        {phase.name, static_cast<double>(phase.from) / 1e9, static_cast<double>(phase.to) / 1e9});
  }
  Panels panels;
  const bool alone = experiment.laws.size() == 1;
  for (std::size_t i = 0; i < experiment.laws.size(); ++i) {
    const Recording recording = PlayOne(experiment, 0, experiment.seeds.front(), i, true);
    if (i == 0) {
      panels.load.lines.push_back(
          {"offered", kGrey, false, true,
           Rate(recording, [&](std::size_t bin) { return recording.bins[bin].offered; })});
      const sim::OracleAnswer oracle =
          sim::AskOracle(scenario, recording.bins, experiment.seeds.front());
      panels.load.lines.push_back(
          {"oracle", kGrey, true, false,
           Rate(recording, [&](std::size_t bin) { return oracle.served[bin]; })});
    }
    AddLaw(recording, experiment.laws[i].Label(), static_cast<int>(i % kGrey), alone,
           scenario.pool.threads > 0, panels);
  }
  const double deadline = static_cast<double>(scenario.deadline) / 1e6;
  panels.load.most = LoadMost(panels.load);
  panels.limit.most = MostUseful(panels.limit, 0.97);
  panels.latency.most = std::clamp(MostUseful(panels.latency, 0.97), 1.2 * deadline, 4 * deadline);
  panels.latency.lines.push_back({"deadline", kGrey, true, false, Constant(deadline)});
  if (alone) {
    absl::StrAppend(&chart.subtitle, chart.subtitle.empty() ? "" : "  ",
                    "Law: ", experiment.laws.front().Label(), ".");
  }
  chart.panels = {panels.load, panels.limit, panels.latency};
  return chart.Draw();
}

}  // namespace loadline::cli
