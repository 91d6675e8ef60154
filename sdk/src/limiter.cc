// SPDX-License-Identifier: Apache-2.0
#include "loadline/limiter.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

namespace loadline {
namespace {

// Less is noise: the law moves a little in every window.
constexpr double kChangeCounted = 0.05;

// A law of the user's own may answer anything, NaN included; below 1 nothing would ever be admitted
// again.
float LimitInForce(double limit) {
  return limit >= 1 ? static_cast<float>(std::min<double>(limit, detail::Gate<>::kLimitMost))
                    : 1.0F;
}

}  // namespace

Permit::Permit(Permit&& other) noexcept
    : limiter_(std::exchange(other.limiter_, nullptr)),
      admitted_at_(other.admitted_at_),
      epoch_(other.epoch_),
      mark_(other.mark_) {}

Permit& Permit::operator=(Permit&& other) noexcept {
  if (this != &other) {
    Finish(Outcome::kIgnored);
    limiter_ = std::exchange(other.limiter_, nullptr);
    admitted_at_ = other.admitted_at_;
    epoch_ = other.epoch_;
    mark_ = other.mark_;
  }
  return *this;
}

std::optional<WaitBreakdown> Permit::Breakdown() const noexcept {
  return limiter_ == nullptr || !mark_ ? std::nullopt : limiter_->options_.ledger->End(mark_);
}

Permit::~Permit() { Finish(Outcome::kIgnored); }

void Permit::Finish(Outcome outcome) noexcept {
  if (Limiter* limiter = std::exchange(limiter_, nullptr)) {
    limiter->Release(*this, outcome);
  }
}

Limiter::Limiter(const LimiterOptions& options, std::unique_ptr<control::ControlLaw> law, Mode mode)
    : options_(options),
      clock_(*options.clock),
      overdue_(options.deadline),
      law_(std::move(law)),
      ticked_at_(clock_.Now()),
      limit_counted_(law_->decision().limit) {
  const control::Decision decision = law_->decision();
  word_.store({LimitInForce(decision.limit), decision.reason, decision.bottleneck, mode},
              std::memory_order_relaxed);
}

Limiter::~Limiter() { assert(gate_.inside() == 0 && "a permit outlived its limiter"); }

std::optional<Permit> Limiter::TryAcquire() noexcept {
  const Word word = InForce();
  int in_flight = 0;
  if (word.mode == Mode::kEnforce) {
    in_flight = gate_.TryEnter(word.limit);
    if (in_flight == 0) {
      return Refuse(word.reason);
    }
  } else if (word.mode == Mode::kShadow) {
    in_flight = gate_.TryEnter(LimitInForce(options_.limit_max));
    if (in_flight == 0) {
      return Refuse(control::Reason::kCap);
    }
    if (static_cast<float>(in_flight) > word.limit) {
      totals_.Add(kWouldReject, 1);
    }
  } else {
    in_flight = gate_.Enter();
  }
  NoteInFlight(in_flight);
  totals_.Add(kAdmitted, 1);
  const Clock::Time now = clock_.Now();  // After the refusals: they must stay cheap.
  std::optional<Permit> permit(Permit(this, now, overdue_.Add(now)));
  if (options_.ledger != nullptr) {
    permit->mark_ = options_.ledger->Begin();
  }
  return permit;
}

std::optional<Permit> Limiter::Refuse(control::Reason reason) noexcept {
  totals_.Add(kRejected + static_cast<std::size_t>(reason), 1);
  return std::nullopt;
}

void Limiter::NoteInFlight(int in_flight) noexcept {
  int most = in_flight_max_.load(std::memory_order_relaxed);
  while (in_flight > most &&
         !in_flight_max_.compare_exchange_weak(most, in_flight, std::memory_order_relaxed)) {
  }
}

void Limiter::Release(const Permit& permit, Outcome outcome) noexcept {
  if (outcome != Outcome::kIgnored) {
    const Clock::Duration latency = clock_.Now() - permit.admitted_at_;
    if (latency > options_.deadline) {
      totals_.Add(kLate, 1);
    }
    if (outcome == Outcome::kDropped) {
      totals_.Add(kDropped, 1);
    } else {
      totals_.Add(kLatencyNs, latency.count());
      totals_.Add(kCompleted, 1);
    }
  }
  overdue_.Remove(permit.epoch_);
  gate_.Leave();
}

Limiter::Totals Limiter::Collect() const noexcept {
  Totals totals{};
  for (std::size_t column = 0; column < kRejected; ++column) {
    totals[column] = totals_.Sum(column);
  }
  for (std::size_t reason = 0; reason < kReasonCount; ++reason) {
    totals[kRejected] += totals_.Sum(kRejected + reason);
  }
  return totals;
}

control::Window Limiter::CloseWindow(const LimiterTick& tick) {
  const Totals totals = Collect();
  const Totals before = std::exchange(seen_, totals);
  const auto since = [&](Column column) { return totals[column] - before[column]; };
  const int in_flight = gate_.inside();
  control::Window window{
      .now = tick.now,
      .span = tick.now - ticked_at_,
      .deadline = options_.deadline,
      .arrivals = since(kAdmitted) + since(kRejected),
      .rejected = since(kRejected) + since(kWouldReject),
      .completed = since(kCompleted),
      .late = since(kLate),
      .dropped = since(kDropped),
      .latency_sum = Clock::Duration{since(kLatencyNs)},
      .in_flight = in_flight,
      // The next window begins with what is in flight now.
      .in_flight_max =
          std::max(in_flight_max_.exchange(in_flight, std::memory_order_relaxed), in_flight),
      .queued = 0,
      .pending_late = std::min(overdue_.Overdue(tick.now), in_flight),
      .signal = tick.signal,
      .signal_requests = tick.signal_requests,
      .cpus = tick.cpus,
  };
  ticked_at_ = tick.now;
  return window;
}

void Limiter::Tick(const LimiterTick& tick) {
  detail::MutexLock lock(tick_mutex_);
  if (tick.now <= ticked_at_) {
    return;
  }
  signal_ = tick.signal_state;
  const control::Window window = CloseWindow(tick);
  if (InForce().mode != Mode::kOff) {
    PutInForce(law_->OnTick(window));
  }
}

void Limiter::PutInForce(const control::Decision& decision) {
  const Word before = InForce();
  if (decision.reason != before.reason ||
      std::abs(decision.limit - limit_counted_) > kChangeCounted * limit_counted_) {
    limit_counted_ = decision.limit;
    ++changes_[static_cast<std::size_t>(decision.reason)];
  }
  word_.store({LimitInForce(decision.limit), decision.reason, decision.bottleneck, before.mode},
              std::memory_order_relaxed);
}

void Limiter::SetMode(Mode mode) {
  detail::MutexLock lock(tick_mutex_);  // The other writer of the word is Tick().
  Word word = InForce();
  word.mode = mode;
  word_.store(word, std::memory_order_relaxed);
}

LimiterStats Limiter::Stats() const {
  const Word word = InForce();
  LimiterStats stats{
      .mode = word.mode,
      .law = {},
      .decision = {word.limit, word.reason, word.bottleneck},
      .in_flight = gate_.inside(),
      .admitted_total = totals_.Sum(kAdmitted),
      .would_reject_total = totals_.Sum(kWouldReject),
  };
  for (std::size_t reason = 0; reason < kReasonCount; ++reason) {
    stats.rejected_total[reason] = totals_.Sum(kRejected + reason);
  }
  detail::MutexLock lock(tick_mutex_);
  stats.law = law_->name();
  stats.limit_changes_total = changes_;
  stats.signal = signal_;
  return stats;
}

}  // namespace loadline
