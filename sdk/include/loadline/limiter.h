// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "loadline/clock.h"
#include "loadline/control/control_law.h"
#include "loadline/detail/gate.h"
#include "loadline/detail/mutex.h"
#include "loadline/detail/overdue_ring.h"
#include "loadline/detail/shards.h"
#include "loadline/limiter_options.h"
#include "loadline/limiter_stats.h"
#include "loadline/mode.h"
#include "loadline/permit.h"
#include "loadline/tick.h"

namespace loadline {

// Bounds how many operations run at once, and learns the bound from how they fare.
//
//     auto limiter = loadline::Limiter::Create({.name = "checkout", .mode = Mode::kEnforce});
//     ...
//     std::optional<loadline::Permit> permit = (*limiter)->TryAcquire();
//     if (!permit) {
//       return Refuse(503);  // Before any other work: a refusal must be cheap.
//     }
//     const absl::Status status = Handle(request);
//     permit->Finish(status.ok() ? loadline::Outcome::kSuccess : loadline::Outcome::kIgnored);
//
// The limit moves only in Tick(): attach the limiter to a ControlThread.
//
// Units: a limit counts operations. A latency runs from TryAcquire() to Finish(), on the Clock.
//
// Thread safety: every member may be called from any thread. TryAcquire() and Permit::Finish()
// take no lock, allocate nothing and never wait.
//
// Errors: none after Create(). A refusal is an ordinary answer. Nothing here throws.
//
// Lifetime: the limiter outlives its permits; the destructor asserts that none is left.
//
// Source: to acquire and then tell the outcome is how Netflix concurrency-limits' Limiter works. A
// permit as an RAII handle is what a TODO in Envoy's adaptive_concurrency filter asks for.
class Limiter {
 public:
  // kInvalidArgument names the option, its value and the rule that it breaks. Reads LOADLINE_MODE,
  // which overrides Options::mode.
  static absl::StatusOr<std::unique_ptr<Limiter>> Create(const LimiterOptions& options);

  // As above, with a law of the caller's own. `law` must not be null; Options::law and the limits
  // are not used but for limit_max, the bound of shadow mode.
  static absl::StatusOr<std::unique_ptr<Limiter>> Create(const LimiterOptions& options,
                                                         std::unique_ptr<control::ControlLaw> law);

  Limiter(const Limiter&) = delete;
  Limiter& operator=(const Limiter&) = delete;
  ~Limiter();

  // Admits one operation now, or refuses it.
  //
  // The bound is exact, also under contention: in kEnforce no admission raises in_flight() above
  // ceil(limit). A lowered limit takes effect as running operations finish: none is stopped, so
  // in_flight() can exceed limit() for a while.
  [[nodiscard]] std::optional<Permit> TryAcquire() noexcept;

  // Collects what happened since the tick before, asks the law, and puts its decision in force.
  // Times must not decrease; a tick at the time of the one before does nothing.
  void Tick(const LimiterTick& tick);

  // Changes the mode from the next TryAcquire() on.
  void SetMode(Mode mode);

  const std::string& name() const noexcept { return options_.name; }
  const std::string& pool() const noexcept { return options_.pool; }

  // For display and reports: each may be stale when it returns.
  Mode mode() const noexcept { return InForce().mode; }
  double limit() const noexcept { return InForce().limit; }
  int in_flight() const noexcept { return gate_.inside(); }
  LimiterStats Stats() const;

 private:
  friend class Permit;

  // One word, so that no reader sees the limit of one decision with the reason of another.
  struct Word {
    float limit;
    control::Reason reason;
    control::Bottleneck bottleneck;
    Mode mode;
    std::uint8_t unused = 0;
  };
  static_assert(std::atomic<Word>::is_always_lock_free);

  // Columns of the totals; refusals by reason follow from kRejected on.
  enum Column : std::size_t {
    kAdmitted,
    kCompleted,
    kLate,
    kDropped,
    kLatencyNs,
    kWouldReject,
    kRejected
  };
  static constexpr std::size_t kReasonCount = control::kReasonNames.size();
  using Totals = std::array<std::int64_t, kRejected + 1>;  // kRejected: over all reasons.

  Limiter(const LimiterOptions& options, std::unique_ptr<control::ControlLaw> law, Mode mode);

  Word InForce() const noexcept { return word_.load(std::memory_order_relaxed); }
  void Release(const Permit& permit, Outcome outcome) noexcept;
  void NoteInFlight(int in_flight) noexcept;
  std::optional<Permit> Refuse(control::Reason reason) noexcept;
  Totals Collect() const noexcept;
  control::Window CloseWindow(const LimiterTick& tick) ABSL_EXCLUSIVE_LOCKS_REQUIRED(tick_mutex_);
  void PutInForce(const control::Decision& decision) ABSL_EXCLUSIVE_LOCKS_REQUIRED(tick_mutex_);

  const LimiterOptions options_;
  const Clock& clock_;

  std::atomic<Word> word_;
  detail::Gate<> gate_;
  std::atomic<int> in_flight_max_{0};  // Since the last tick.
  detail::OverdueRing overdue_;
  detail::Shards<kRejected + kReasonCount> totals_;

  // Held by Tick(), SetMode() and Stats(), never on the data path.
  mutable detail::Mutex tick_mutex_;
  const std::unique_ptr<control::ControlLaw> law_ ABSL_PT_GUARDED_BY(tick_mutex_);
  Clock::Time ticked_at_ ABSL_GUARDED_BY(tick_mutex_);
  Totals seen_ ABSL_GUARDED_BY(tick_mutex_){};
  double limit_counted_ ABSL_GUARDED_BY(tick_mutex_);
  std::array<std::int64_t, kReasonCount> changes_ ABSL_GUARDED_BY(tick_mutex_){};
  SignalState signal_ ABSL_GUARDED_BY(tick_mutex_);
};

}  // namespace loadline
