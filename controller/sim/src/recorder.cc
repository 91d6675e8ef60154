// SPDX-License-Identifier: Apache-2.0
#include "recorder.h"

#include <algorithm>

namespace loadline::sim {
namespace {

constexpr Ns kInversionWithin = 10 * kMillisecond;
constexpr Ns kLongAgo = -kSecond;

}  // namespace

Recorder::Recorder(const Scenario& scenario, bool series) : scenario_(scenario), series_(series) {
  recording_.bins.resize(static_cast<std::size_t>(scenario.end / Recording::kBin) + 1);
  recording_.phases.resize(scenario.phases.size());
  if (series) {
    recording_.seconds.resize(static_cast<std::size_t>(scenario.end / kSecond) + 1);
  }
  admitted_at_.fill(kLongAgo);
  refused_at_.fill(kLongAgo);
}

void Recorder::FindPhases(Ns now) {
  phases_now_ = 0;
  phases_until_ = kNever;
  for (std::size_t i = 0; i < scenario_.phases.size(); ++i) {
    const Phase& phase = scenario_.phases[i];
    if (now >= phase.from && now < phase.to) {
      phases_now_ = static_cast<std::uint16_t>(phases_now_ | 1U << i);
    }
    for (const Ns edge : {phase.from, phase.to}) {
      phases_until_ = edge > now ? std::min(phases_until_, edge) : phases_until_;
    }
  }
}

Recording::Bin& Recorder::BinOf(const Identity& who) {
  return recording_.bins[static_cast<std::size_t>(who.arrived_at / Recording::kBin)];
}

void Recorder::Offered(const Identity& who) {
  ++BinOf(who).offered;
  ForEachPhase(who, [&](Recording::PhaseCounts& phase) {
    ++phase.offered;
    ++phase.by_level[who.level][who.tenant].offered;
  });
}

void Recorder::Good(const Identity& who) {
  ++BinOf(who).good;
  ForEachPhase(who, [&](Recording::PhaseCounts& phase) {
    ++phase.good;
    ++phase.by_level[who.level][who.tenant].good;
  });
}

void Recorder::Refused(const Identity& who) {
  ++BinOf(who).refused;
  ForEachPhase(who, [](Recording::PhaseCounts& phase) { ++phase.refused; });
}

void Recorder::Admitted(const Identity& who, Ns now) {
  admitted_at_[who.level] = now;
  bool inverted = false;
  for (std::size_t better = 0; better < who.level; ++better) {
    inverted |= now - refused_at_[better] < kInversionWithin;
  }
  if (inverted) {
    ForEachPhase(who, [](Recording::PhaseCounts& phase) { ++phase.inversions; });
  }
}

void Recorder::TurnedAway(const Identity& who, Ns now) {
  refused_at_[who.level] = now;
  bool inverted = false;
  for (std::size_t worse = who.level + 1U; worse < kLevelsMax; ++worse) {
    inverted |= now - admitted_at_[worse] < kInversionWithin;
  }
  if (inverted) {
    ForEachPhase(who, [](Recording::PhaseCounts& phase) { ++phase.inversions; });
  }
}

void Recorder::Finished(const Identity& who, Ns sent_at, Ns now) {
  ForEachPhase(who, [&](Recording::PhaseCounts& phase) { phase.latency.Add(now - sent_at); });
  if (series_) {
    recording_.seconds[static_cast<std::size_t>(sent_at / kSecond)].Add(now - sent_at);
  }
}

}  // namespace loadline::sim
