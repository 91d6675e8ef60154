// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "loadline/sim/recording.h"
#include "loadline/sim/scenario.h"

namespace loadline::sim {

// What somebody could have served who knows the future. By bins of Recording::kBin.
struct OracleAnswer {
  std::vector<double> served;    // Requests answered within their deadline, by arrival.
  std::vector<double> worked;    // The same, by when they were served.
  std::vector<double> capacity;  // Per second: what the service can do at that time.

  // Both asked for and served between two bins: a law gets no debt from work that an oracle keeps
  // waiting at the end of a phase, nor from what it kept waiting before the beginning.
  double Between(std::size_t begin, std::size_t end) const;
};

// O1, a fluid: serves min(backlog, capacity) in each bin, oldest first, lets work wait for at most
// D - R0 and drops the rest. It never takes a request that cannot be answered in time.
//
// capacity = min(cores * speed or quota / S, 1 / hold, servers / W, threads of a fixed pool / R0).
OracleAnswer FluidOracle(const Scenario& scenario, std::span<const Recording::Bin> offered);

// O3, for bursts shorter than the deadline, where a fluid is too coarse: earliest deadline first
// with known service times; where one would be late, the longest before it is dropped. Knows of
// CPU, hold and wait of single-class scenarios with a constant speed.
//
// Source: J. M. Moore, An n job, one machine sequencing algorithm for minimizing the number of late
// jobs, Management Science 1968; with arrivals over time it is a good rule, no longer the best.
OracleAnswer EdfOracle(const Scenario& scenario, std::uint64_t seed);

// O3 where the scenario asks for it, else O1.
OracleAnswer AskOracle(const Scenario& scenario, std::span<const Recording::Bin> offered,
                       std::uint64_t seed);

// The limits of the sweep of O2, the best static limit, up to twice the scenario's limit_max.
std::vector<double> StaticLimits(const Scenario& scenario);

}  // namespace loadline::sim
