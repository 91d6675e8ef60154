// SPDX-License-Identifier: Apache-2.0
#include "processor.h"

#include <algorithm>
#include <cmath>

namespace loadline::sim {
namespace {

constexpr Ns kQuotaPeriod = 100 * kMillisecond;  // The kernel's default, cpu.max.
constexpr std::uint32_t kStall =
    1;  // Index of those kSpeed events that follow one another for ever.

}  // namespace

Processor::Processor(const Cpu& cpu, EventQueue& events, Requests& requests, ThreadLedger& ledger)
    : cpu_(cpu),
      events_(events),
      requests_(requests),
      ledger_(ledger),
      cores_(static_cast<std::size_t>(cpu.cores)),
      quota_on_(cpu.quota.Max() > 0) {}

void Processor::Start() {
  Refresh(0);
  for (const auto* schedule : {&cpu_.speed, &cpu_.slow_speed}) {
    for (Ns at = schedule->StepAt(0).until; at != kNever; at = schedule->StepAt(at).until) {
      events_.Push(at, EventKind::kSpeed);
    }
  }
  if (cpu_.stall_for > 0) {
    events_.Push(cpu_.stall_every - cpu_.stall_for, EventKind::kSpeed, kStall);
  }
  if (quota_on_) {
    OnQuotaPeriod(0);
  }
}

bool Processor::Stalled(Ns now) const {
  return cpu_.stall_for > 0 && now % cpu_.stall_every >= cpu_.stall_every - cpu_.stall_for;
}

double Processor::SpeedOf(std::size_t core, Ns now) const {
  if (frozen_ || Stalled(now)) {
    return 0;
  }
  const auto slow_from = cores_.size() - static_cast<std::size_t>(cpu_.slow_cores);
  return core >= slow_from ? cpu_.slow_speed.At(now) : cpu_.speed.At(now);
}

double Processor::EffectiveCpus(Ns now) const {
  const double quota = cpu_.quota.At(now);
  const auto cores = static_cast<double>(cores_.size());
  return quota > 0 ? std::min(cores, quota / static_cast<double>(kQuotaPeriod)) : cores;
}

int Processor::FastestIdleCore() const {
  int best = -1;
  double speed = -1;
  for (std::size_t i = 0; i < cores_.size(); ++i) {
    if (cores_[i].request == kNone && cores_[i].speed > speed) {
      best = static_cast<int>(i);
      speed = cores_[i].speed;
    }
  }
  return best;
}

void Processor::Enqueue(std::uint32_t request, Doing from, Ns now) {
  if (busy_ == static_cast<int>(cores_.size())) {
    ledger_.Move(from, Doing::kRunnable, now);
    queue_.Push(requests_, request);
    return;
  }
  SpendQuota(now);
  ledger_.Move(from, Doing::kOnCore, now);
  Core& core = cores_[static_cast<std::size_t>(FastestIdleCore())];
  ++busy_;
  busy_speed_ += core.speed;
  Run(core, request, now);
  Publish(now);
}

// Books what the core did since the last settlement.
void Processor::Settle(Core& core, Ns now) {
  core.left = std::max(0.0, core.left - core.speed * static_cast<double>(now - core.since));
  core.since = now;
}

void Processor::Run(Core& core, std::uint32_t request, Ns now) {
  const int runnable = queue_.size() + busy_ - static_cast<int>(cores_.size());
  const auto cost =
      static_cast<double>(cpu_.switch_cost + cpu_.switch_cost_per_runnable * std::max(0, runnable));
  requests_[request].work += cost;
  core.request = request;
  core.since = now;
  core.left = requests_[request].work;
  if (cpu_.slice > 0) {
    core.left = std::min(core.left, cost + static_cast<double>(cpu_.slice));
  }
  requests_[request].work -= core.left;  // What remains for later slices.
  Schedule(core, now);
}

void Processor::Schedule(Core& core, Ns now) {
  ++core.generation;
  if (core.speed > 0) {
    const auto index = static_cast<std::uint32_t>(&core - cores_.data());
    events_.Push(now + static_cast<Ns>(std::ceil(core.left / core.speed)), EventKind::kCoreDone,
                 index, core.generation);
  }
}

std::uint32_t Processor::OnCoreDone(std::uint32_t index, std::uint32_t generation, Ns now) {
  Core& core = cores_[index];
  if (core.generation != generation || core.request == kNone) {
    return kNone;
  }
  const std::uint32_t request = core.request;
  const bool done = requests_[request].work < 1;  // Less than a nanosecond is rounding.
  if (!done) {
    ledger_.CountSwitch(false);
    ledger_.Move(Doing::kOnCore, Doing::kRunnable, now);
    queue_.Push(requests_, request);
  }
  if (queue_.empty()) {
    SpendQuota(now);
    core.request = kNone;
    --busy_;
    busy_speed_ -= core.speed;
    if (busy_ == 0) {
      busy_speed_ = 0;  // Rounding must not add up.
    }
    Publish(now);
  } else {
    const std::uint32_t next = queue_.Pop(requests_);
    ledger_.Move(Doing::kRunnable, Doing::kOnCore, now);
    Run(core, next, now);
  }
  return done ? request : kNone;
}

// Takes over the speeds of this moment.
void Processor::Refresh(Ns now) {
  SpendQuota(now);
  busy_speed_ = 0;
  mean_speed_ = 0;
  for (std::size_t i = 0; i < cores_.size(); ++i) {
    Core& core = cores_[i];
    Settle(core, now);
    const double speed = SpeedOf(i, now);
    if (speed != core.speed) {
      core.speed = speed;
      if (core.request != kNone) {
        Schedule(core, now);
      }
    }
    busy_speed_ += core.request != kNone ? speed : 0;
    mean_speed_ += speed / static_cast<double>(cores_.size());
  }
  Publish(now);
}

void Processor::Publish(Ns now) {
  ledger_.SetCpu(busy_speed_, mean_speed_, frozen_ ? StolenBy::kQuota : StolenBy::kNeighbour, now);
  if (quota_on_ && busy_speed_ > 0 && cpu_.quota.At(now) > 0) {
    ++quota_generation_;
    events_.Push(now + static_cast<Ns>(std::ceil(std::max(0.0, budget_) / busy_speed_)),
                 EventKind::kQuotaSpent, 0, quota_generation_);
  } else {
    ++quota_generation_;
  }
}

void Processor::SpendQuota(Ns now) {
  budget_ -= busy_speed_ * static_cast<double>(now - budget_since_);
  budget_since_ = now;
}

void Processor::OnSpeed(std::uint32_t index, Ns now) {
  Refresh(now);
  if (index == kStall) {
    const Ns start = now - now % cpu_.stall_every;
    const Ns next =
        Stalled(now) ? start + cpu_.stall_every : start + cpu_.stall_every - cpu_.stall_for;
    events_.Push(next, EventKind::kSpeed, kStall);
  }
}

void Processor::OnQuotaPeriod(Ns now) {
  SpendQuota(now);
  budget_ = cpu_.quota.At(now);
  frozen_ = false;
  Refresh(now);
  events_.Push(now + kQuotaPeriod, EventKind::kQuotaPeriod);
}

void Processor::OnQuotaSpent(std::uint32_t generation, Ns now) {
  if (generation == quota_generation_) {
    frozen_ = true;
    Refresh(now);
  }
}

}  // namespace loadline::sim
