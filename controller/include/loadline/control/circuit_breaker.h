// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "loadline/clock.h"
#include "loadline/control/option.h"

namespace loadline::control {

// Options of a breaker.
struct CircuitBreakerOptions {
  double success_min = 0.5;  // Below it, of at least `calls_min` in ten seconds: open.
  double calls_min = 20;
  double open_ms = 1000;       // Doubled by each opening in a row...
  double open_max_ms = 30000;  // ...up to this.
  double jitter = 0.2;
  double probe_share = 0.05;  // Of the calls, when half-open.
  double probe_growth = 1.3;
  double close_success = 0.95;
  double reopen_success = 0.8;
  double epoch_ms = 500;
  double seed = 1;

  static constexpr auto Specs() {
    using O = CircuitBreakerOptions;
    return std::to_array<OptionSpec<O>>({
        {"success_min", &O::success_min, 0, 1, "worse than a coin"},
        {"calls_min", &O::calls_min, 1, 1e6, "fewer are chance"},
        {"open_ms", &O::open_ms, 1, 3600000, "a restart takes seconds, a hiccup less"},
        {"open_max_ms", &O::open_max_ms, 1, 3600000, "what a recovery may cost at most"},
        {"jitter", &O::jitter, 0, 1, "so that clients do not come back together"},
        {"probe_share", &O::probe_share, 0.001, 1, "a load that nothing falls over from"},
        {"probe_growth", &O::probe_growth, 1.01, 10, "full load after a dozen epochs"},
        {"close_success", &O::close_success, 0, 1, "as good as before"},
        {"reopen_success", &O::reopen_success, 0, 1, "one in five failing is not up"},
        {"epoch_ms", &O::epoch_ms, 1, 60000, "several residences"},
        {"seed", &O::seed, 0, 1e15, "of the jitter: give each client its own"},
    });
  }
};
static_assert(SpecsAreWhole<CircuitBreakerOptions>());

// Stops calling a dependency that does not answer, and comes back by degrees.
//
//     closed     open when less than half of 20 calls in 10 s succeed, or OnDead()
//     open       for 1 s * 2^k, at most 30 s, 20 % jitter; then half-open
//     half-open  admits a fraction p, first 5 % or one call per 100 ms; each epoch with ten probes
//     of
//                which 95 % succeed multiplies p by 1.3, until it is 1: closed. Below 80 %: open
//                again
//
// A breaker that closes all at once sends the whole load to a dependency that has just got up,
// trips again, and so synchronises its clients. Here a recovery takes about six seconds.
//
// Thread safety: none. The owner serializes calls.
class CircuitBreaker {
 public:
  enum class State : std::uint8_t { kClosed, kHalfOpen, kOpen };

  static absl::StatusOr<CircuitBreaker> Create(const CircuitBreakerOptions& options = {});

  // Whether the dependency may be called now. Every call that was admitted is followed by OnDone().
  // `in_flight`: calls of this dependency; when half-open no more than `in_flight_max` are
  // admitted.
  bool Admit(Clock::Time now, int in_flight = 0, int in_flight_max = 1'000'000'000);
  void OnDone(Clock::Time now, bool success);

  // The bottleneck is dep_dead: no call answers in time.
  void OnDead(Clock::Time now);

  State state() const { return state_; }
  double share() const { return state_ == State::kClosed ? 1 : share_; }

 private:
  static constexpr int kSeconds = 10;
  struct Calls {
    std::int64_t second = -1;
    double done = 0, good = 0;
  };

  explicit CircuitBreaker(const CircuitBreakerOptions& options);
  void Open();
  void Pass(Clock::Time now);
  void EndEpoch();
  double Uniform();

  CircuitBreakerOptions options_;
  State state_ = State::kClosed;
  std::array<Calls, kSeconds> calls_{};
  std::uint64_t random_;
  int openings_ = 0;
  // What passed while calls came; where a clock jumps back, nothing passed.
  double elapsed_ns_ = 0;
  std::optional<Clock::Time> seen_at_;
  double until_ns_ = 0;  // Open until; as the others, of elapsed_ns_.
  double share_ = 0;     // p.
  Calls epoch_;
  double epoch_began_ns_ = 0;
  double probed_at_ns_ = 0;
};

constexpr std::string_view Name(CircuitBreaker::State state) noexcept {
  constexpr std::array<std::string_view, 3> kNames = {"closed", "half_open", "open"};
  return kNames[static_cast<std::size_t>(state)];
}

}  // namespace loadline::control
