// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <deque>
#include <limits>

#include "loadline/sim/oracle.h"
#include "service_facts.h"

namespace loadline::sim {
namespace {

constexpr double kBinSeconds = static_cast<double>(Recording::kBin) / static_cast<double>(kSecond);
constexpr double kUnbounded = std::numeric_limits<double>::infinity();

bool Stalled(const Cpu& cpu, Ns time) {
  return cpu.stall_for > 0 && time % cpu.stall_every >= cpu.stall_every - cpu.stall_for;
}

double CpusAt(const Cpu& cpu, Ns time) {
  if (Stalled(cpu, time)) {
    return 0;
  }
  const double cpus =
      cpu.speed.At(time) * (cpu.cores - cpu.slow_cores) + cpu.slow_speed.At(time) * cpu.slow_cores;
  const double quota = cpu.quota.At(time) / static_cast<double>(100 * kMillisecond);
  return quota > 0 ? std::min(cpus, quota) : cpus;
}

double CapacityAt(const Scenario& scenario, const ServiceFacts& facts, Ns time) {
  double capacity = facts.cpu > 0 ? CpusAt(scenario.cpu, time) / facts.cpu : kUnbounded;
  if (facts.hold > 0) {
    capacity = std::min(capacity, 1 / facts.hold);
  }
  for (std::size_t i = 0; i < scenario.dependencies.size(); ++i) {
    const double servers = scenario.dependencies[i].servers.At(time);
    if (servers > 0 && facts.calls[i] > 0) {
      capacity = std::min(capacity, servers / facts.calls[i]);
    }
  }
  if (scenario.pool.threads > 0 && !scenario.pool.adaptive && facts.residence > 0) {
    capacity = std::min(capacity, scenario.pool.threads / facts.residence);
  }
  return capacity;
}

// Work of one bin that still waits.
struct Waiting {
  std::size_t bin;
  double requests;
};

}  // namespace

double OracleAnswer::Between(std::size_t begin, std::size_t end) const {
  double by_arrival = 0, by_service = 0;
  for (std::size_t i = begin; i < end; ++i) {
    by_arrival += served[i];
    by_service += worked[i];
  }
  return std::min(by_arrival, by_service);
}

OracleAnswer FluidOracle(const Scenario& scenario, std::span<const Recording::Bin> offered) {
  OracleAnswer answer;
  answer.served.resize(offered.size());
  answer.worked.resize(offered.size());
  answer.capacity.resize(offered.size());
  ServiceFactsSource source(scenario);
  std::deque<Waiting> backlog;
  const double deadline = static_cast<double>(scenario.deadline) / static_cast<double>(kSecond);
  for (std::size_t bin = 0; bin < offered.size(); ++bin) {
    const Ns time = static_cast<Ns>(bin) * Recording::kBin;
    const ServiceFacts& facts = source.At(time);
    answer.capacity[bin] = CapacityAt(scenario, facts, time);
    backlog.push_back({bin, offered[bin].offered * facts.feasible});
    const double patience = (deadline - facts.residence) / kBinSeconds;
    while (!backlog.empty() && static_cast<double>(bin - backlog.front().bin) > patience) {
      backlog.pop_front();
    }
    double room = answer.capacity[bin] * kBinSeconds;
    while (!backlog.empty() && room > 0) {
      Waiting& oldest = backlog.front();
      const double now = std::min(room, oldest.requests);
      answer.served[oldest.bin] += now;
      answer.worked[bin] += now;
      room -= now;
      oldest.requests -= now;
      if (oldest.requests > 0) {
        break;
      }
      backlog.pop_front();
    }
  }
  return answer;
}

OracleAnswer AskOracle(const Scenario& scenario, std::span<const Recording::Bin> offered,
                       std::uint64_t seed) {
  return scenario.edf_oracle ? EdfOracle(scenario, seed) : FluidOracle(scenario, offered);
}

std::vector<double> StaticLimits(const Scenario& scenario) {
  std::vector<double> limits = {2, 4, 8};
  double limit = 16;
  while (limit <= 2 * scenario.limit_max) {
    limits.push_back(limit);
    if (1.5 * limit <= 2 * scenario.limit_max) {
      limits.push_back(1.5 * limit);
    }
    limit *= 2;
  }
  return limits;
}

}  // namespace loadline::sim
