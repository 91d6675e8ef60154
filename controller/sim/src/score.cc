// SPDX-License-Identifier: Apache-2.0
#include "loadline/sim/score.h"

#include <algorithm>
#include <array>

#include "real_math.h"

namespace loadline::sim {
namespace {

constexpr double kMs = 1e6;
constexpr double kOnset = 1;   // Seconds: classification counts from there on.
constexpr double kNear = 0.9;  // Of the best static limit: converged.
constexpr std::size_t kSecondBins = kSecond / Recording::kBin;

struct BinRange {
  std::size_t begin, end;
};
BinRange BinsOf(const Phase& phase) {
  return {static_cast<std::size_t>(phase.from / Recording::kBin),
          static_cast<std::size_t>(phase.to / Recording::kBin)};
}

double Served(const OracleAnswer& oracle, BinRange bins) {
  return oracle.Between(bins.begin, bins.end);
}

// The least time from which goodput over the next second, the next three and the rest of the phase
// is near the reference. Three lengths, so that neither noise nor a later fall is overlooked.
double Converge(const Phase& phase, const Recording& recording, const OracleAnswer& oracle,
                double reference) {
  const BinRange bins = BinsOf(phase);
  const std::size_t n = bins.end - bins.begin;
  std::vector<double> good(n + 1), asked(n + 1), worked(n + 1);  // Sums up to a bin.
  for (std::size_t i = 0; i < n; ++i) {
    good[i + 1] = good[i] + recording.bins[bins.begin + i].good;
    asked[i + 1] = asked[i] + oracle.served[bins.begin + i];
    worked[i + 1] = worked[i] + oracle.worked[bins.begin + i];
  }
  const auto near = [&](std::size_t from, std::size_t length) {
    const std::size_t to = std::min(n, from + length);
    const double wanted = std::min(asked[to] - asked[from], worked[to] - worked[from]);
    return good[to] - good[from] >= kNear * reference * wanted;
  };
  for (std::size_t from = 0; from < n; from += 2) {
    if (near(from, kSecondBins) && near(from, 3 * kSecondBins) && near(from, n)) {
      return Seconds(static_cast<Ns>(from) * Recording::kBin);
    }
  }
  return Seconds(phase.to - phase.from);
}

double FalseShed(const Phase& phase, const Recording& recording, const OracleAnswer& oracle) {
  const BinRange bins = BinsOf(phase);
  double offered = 0, wrong = 0;
  for (std::size_t i = bins.begin; i < bins.end; i += kSecondBins) {
    double refused = 0, refused_by_oracle = 0;
    for (std::size_t j = i; j < std::min(i + kSecondBins, bins.end); ++j) {
      const Recording::Bin& bin = recording.bins[j];
      offered += bin.offered;
      refused += bin.refused;
      refused_by_oracle += bin.offered - oracle.served[j];
    }
    wrong += std::max(0.0, refused - refused_by_oracle);
  }
  return offered > 0 ? wrong / offered : 0;
}

void JudgeTicks(const Phase& phase, const Recording& recording, PhaseScore& score) {
  double n = 0, sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0, right = 0, judged = 0;
  std::array<int, control::kBottleneckNames.size()> named{}, modified{};
  for (const Recording::Tick& tick : recording.ticks) {
    if (tick.at <= phase.from || tick.at > phase.to) {
      continue;
    }
    const double x = Seconds(tick.at - phase.from);
    const double y = Log(std::clamp(tick.limit, 1e-3, 1e9));
    n += 1;
    sum_x += x;
    sum_y += y;
    sum_xx += x * x;
    sum_xy += x * y;
    score.limit_mean += tick.limit;
    score.in_flight_max = std::max(score.in_flight_max, static_cast<double>(tick.in_flight_max));
    if (x >= kOnset) {
      ++named[static_cast<std::size_t>(tick.bottleneck)];
      ++modified[static_cast<std::size_t>(tick.modifier)];
      judged += 1;
      right += (!phase.bottleneck || tick.bottleneck == *phase.bottleneck) &&
                       (!phase.modifier || tick.modifier == *phase.modifier)
                   ? 1
                   : 0;
    }
  }
  if (n > 0) {
    const double spread = sum_xx - sum_x * sum_x / n;
    score.drift_per_10min = spread > 0 ? 600 * (sum_xy - sum_x * sum_y / n) / spread : 0;
    score.limit_mean /= n;
  }
  score.class_correct = judged > 0 ? right / judged : 0;
  const auto most = [](const auto& counts) {
    return static_cast<control::Bottleneck>(std::max_element(counts.begin(), counts.end()) -
                                            counts.begin());
  };
  score.bottleneck = most(named);
  score.modifier = most(modified);
}

// O4 fills the levels from the top; Jain's index compares what tenants of one level get of theirs.
void JudgeLevels(const Scenario& scenario, const Recording::PhaseCounts& counts, double served,
                 PhaseScore& score) {
  for (std::size_t level = 0; level < std::max<std::size_t>(1, scenario.levels.size()); ++level) {
    double offered = 0, good = 0, sum = 0, squares = 0, tenants = 0;
    for (const Recording::Count& count : counts.by_level[level]) {
      offered += static_cast<double>(count.offered);
      good += static_cast<double>(count.good);
      if (count.offered > 0) {
        const double part = static_cast<double>(count.good) / static_cast<double>(count.offered);
        sum += part;
        squares += part * part;
        tenants += 1;
      }
    }
    const double share = std::min(offered, std::max(0.0, served));
    served -= share;
    score.levels.push_back(share > 0 ? good / share : 1);
    if (squares > 0 && good >= 0.05 * offered) {  // Of nothing, nothing can be shared fairly.
      score.jain = std::min(score.jain, sum * sum / (tenants * squares));
    }
  }
}

}  // namespace

double GoodputOfOracle(const Phase& phase, const Recording& recording, std::size_t index,
                       const OracleAnswer& oracle) {
  const double served = Served(oracle, BinsOf(phase));
  const auto& counts = recording.phases[index];
  const bool hopeless = served <= 0.01 * static_cast<double>(counts.offered);
  return hopeless ? 1 : static_cast<double>(counts.good) / served;
}

std::vector<PhaseScore> Judge(const Scenario& scenario, const Recording& recording,
                              const OracleAnswer& oracle, std::span<const double> best_static) {
  std::vector<PhaseScore> scores;
  for (std::size_t i = 0; i < scenario.phases.size(); ++i) {
    const Phase& phase = scenario.phases[i];
    const Recording::PhaseCounts& counts = recording.phases[i];
    PhaseScore score;
    score.goodput_of_oracle = GoodputOfOracle(phase, recording, i, oracle);
    score.p50_ms = static_cast<double>(counts.latency.Quantile(0.5)) / kMs;
    score.p99_ms = static_cast<double>(counts.latency.Quantile(0.99)) / kMs;
    score.p999_ms = static_cast<double>(counts.latency.Quantile(0.999)) / kMs;
    score.max_ms = static_cast<double>(counts.latency.max()) / kMs;
    score.false_shed = FalseShed(phase, recording, oracle);
    const double reference = i < best_static.size() ? std::min(1.0, best_static[i]) : 1.0;
    score.converge_s = Converge(phase, recording, oracle, reference);
    score.inversions = counts.offered > 0 ? static_cast<double>(counts.inversions) /
                                                static_cast<double>(counts.offered)
                                          : 0;
    JudgeTicks(phase, recording, score);
    JudgeLevels(scenario, counts, Served(oracle, BinsOf(phase)), score);
    scores.push_back(std::move(score));
  }
  return scores;
}

}  // namespace loadline::sim
