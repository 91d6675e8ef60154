// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/src/sampler/wait_edge.h"

namespace loadline::agent {

// The wait-for graph of a host: pools, and who each of them waited for. Pure arithmetic on what the
// probes of wakings found (cf. wPerf, OSDI 2018).

// Whom to show: a process's name or its pid; empty: everybody but the kernel's own threads.
struct WaitFilter {
  std::string process;

  bool Takes(const WaitPool& pool) const;
};

// Waits of a pool for one reason that one waker ended, as a step of a chain.
struct WaitStep {
  WaitReason reason = WaitReason::kOther;
  std::optional<WaitPool> waker;  // nullopt: an interrupt.
  std::string target;
  Clock::Duration waited{};      // This step's share of what the chain's pool waited.
  double share = 0;              // The same, as a part of the whole, 0..1.
  bool is_loop = false;          // The waker is further up already; its own waits are not followed.
  std::vector<WaitStep> causes;  // What the waker waited for meanwhile; the largest first.
};

struct WaitChain {
  WaitPool pool;
  Clock::Duration waited{};
  std::vector<WaitStep> steps;
};

struct ChainLimits {
  int depth = 5;
  std::size_t pools = 8;
  double share_min = 0.01;  // Of the chain's pool; smaller steps are left out.
};

// The pools that waited longest for other threads (of a process that was asked for: all that
// waited), and what each of them waited for, step by step. How much of a wait the waker spent
// asleep was measured; whom the waker waited for meanwhile is taken from all its waits for that
// reason, in proportion. So the first two steps are exact and those after them an estimate.
std::vector<WaitChain> WaitChains(const std::vector<WaitEdge>& edges, const WaitFilter& filter,
                                  const ChainLimits& limits = {});

// The edges of the pools in question and of all that they wait for, the longest first.
std::vector<WaitEdge> EdgesBehind(const std::vector<WaitEdge>& edges, const WaitFilter& filter);

}  // namespace loadline::agent
