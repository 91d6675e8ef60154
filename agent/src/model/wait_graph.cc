// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/wait_graph.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace loadline::agent {
namespace {

using EdgesByPool = std::map<WaitPool, std::vector<const WaitEdge*>>;
using Waited = std::chrono::duration<double, Clock::Duration::period>;

EdgesByPool ByWoken(const std::vector<WaitEdge>& edges) {
  EdgesByPool by_woken;
  for (const WaitEdge& edge : edges) {
    by_woken[edge.woken].push_back(&edge);
  }
  return by_woken;
}

class ChainWalk {
 public:
  ChainWalk(const EdgesByPool& by_woken, const ChainLimits& limits, Waited whole)
      : by_woken_(by_woken), limits_(limits), whole_(whole) {}

  // The steps of all waits of `pool`.
  std::vector<WaitStep> StepsOf(const WaitPool& pool) {
    const auto found = by_woken_.find(pool);
    path_ = {pool};
    return Steps(found == by_woken_.end() ? std::vector<const WaitEdge*>() : found->second, 1.0);
  }

 private:
  // Edges that differ only in what the waker waited for are one step.
  std::vector<WaitStep> Steps(const std::vector<const WaitEdge*>& edges, double scale) {
    struct Sum {
      Waited waited{};
      Clock::Duration longest{};
      std::string target;
      std::map<WaitReason, Waited> behind;
    };
    std::map<std::pair<WaitReason, std::optional<WaitPool>>, Sum> sums;
    for (const WaitEdge* edge : edges) {
      Sum& sum = sums[{edge->reason, edge->waker}];
      sum.waited += Waited(edge->waited) * scale;
      if (edge->longest >= sum.longest) {
        std::tie(sum.longest, sum.target) = std::tie(edge->longest, edge->target);
      }
      if (edge->waker_reason) {
        sum.behind[*edge->waker_reason] += Waited(edge->waker_waited) * scale;
      }
    }
    std::vector<WaitStep> steps;
    for (const auto& [key, sum] : sums) {
      if (sum.waited < whole_ * limits_.share_min) {
        continue;
      }
      WaitStep step{.reason = key.first,
                    .waker = key.second,
                    .target = sum.target,
                    .waited = std::chrono::duration_cast<Clock::Duration>(sum.waited),
                    .share = sum.waited / whole_,
                    .causes = {}};
      if (step.waker) {
        Follow(sum.behind, step);
      }
      steps.push_back(std::move(step));
    }
    std::ranges::stable_sort(steps, std::greater<>(), &WaitStep::waited);
    return steps;
  }

  void Follow(const std::map<WaitReason, Waited>& behind, WaitStep& step) {
    step.is_loop = std::ranges::find(path_, *step.waker) != path_.end();
    const auto found = by_woken_.find(*step.waker);
    if (step.is_loop || found == by_woken_.end() ||
        path_.size() >= static_cast<std::size_t>(limits_.depth)) {
      return;
    }
    path_.push_back(*step.waker);
    for (const auto& [reason, waited] : behind) {
      std::vector<const WaitEdge*> causes;
      Waited all{};
      for (const WaitEdge* edge : found->second) {
        if (edge->reason == reason) {
          causes.push_back(edge);
          all += edge->waited;
        }
      }
      if (all > Waited{}) {
        std::ranges::move(Steps(causes, waited / all), std::back_inserter(step.causes));
      }
    }
    path_.pop_back();
    std::ranges::stable_sort(step.causes, std::greater<>(), &WaitStep::waited);
  }

  const EdgesByPool& by_woken_;
  const ChainLimits& limits_;
  const Waited whole_;
  std::vector<WaitPool> path_;
};

}  // namespace

bool WaitFilter::Takes(const WaitPool& pool) const {
  if (process.empty()) {
    return pool.tgid != 0;
  }
  return process == pool.process || process == std::to_string(pool.tgid);
}

std::vector<WaitChain> WaitChains(const std::vector<WaitEdge>& edges, const WaitFilter& filter,
                                  const ChainLimits& limits) {
  const EdgesByPool by_woken = ByWoken(edges);
  std::vector<std::pair<Clock::Duration, WaitChain>> ranked;
  for (const auto& [pool, waits] : by_woken) {
    WaitChain chain{.pool = pool, .waited = {}, .steps = {}};
    Clock::Duration rank{};
    for (const WaitEdge* edge : waits) {
      chain.waited += edge->waited;
      // Who is woken by interrupts alone waits for no thread: only shown when asked for by name.
      rank += edge->waker || !filter.process.empty() ? edge->waited : Clock::Duration{};
    }
    if (filter.Takes(pool) && rank > Clock::Duration{}) {
      ranked.emplace_back(rank, std::move(chain));
    }
  }
  std::ranges::stable_sort(ranked, std::greater<>(), [](const auto& pair) { return pair.first; });
  ranked.resize(std::min(ranked.size(), limits.pools));
  std::vector<WaitChain> chains;
  chains.reserve(ranked.size());
  for (auto& [rank, chain] : ranked) {
    chains.push_back(std::move(chain));
  }
  for (WaitChain& chain : chains) {
    chain.steps = ChainWalk(by_woken, limits, chain.waited).StepsOf(chain.pool);
  }
  return chains;
}

std::vector<WaitEdge> EdgesBehind(const std::vector<WaitEdge>& edges, const WaitFilter& filter) {
  const EdgesByPool by_woken = ByWoken(edges);
  std::set<WaitPool> seen;
  std::deque<WaitPool> next;
  const auto add = [&](const WaitPool& pool) {
    if (seen.insert(pool).second) {
      next.push_back(pool);
    }
  };
  for (const auto& [pool, waits] : by_woken) {
    if (filter.Takes(pool)) {
      add(pool);
    }
  }
  std::vector<WaitEdge> behind;
  for (; !next.empty(); next.pop_front()) {
    const auto found = by_woken.find(next.front());
    if (found == by_woken.end()) {
      continue;
    }
    for (const WaitEdge* edge : found->second) {
      behind.push_back(*edge);
      if (edge->waker) {
        add(*edge->waker);
      }
    }
  }
  std::ranges::stable_sort(behind, std::greater<>(), &WaitEdge::waited);
  return behind;
}

}  // namespace loadline::agent
