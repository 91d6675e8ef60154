// SPDX-License-Identifier: Apache-2.0
#include "loadline/control/kernel_law.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "exact_math.h"
#include "hung_tests.h"
#include "lateness.h"
#include "loadline/control/classifier.h"
#include "seconds.h"
#include "throughput_probe.h"
#include "window_fold.h"

namespace loadline::control {
namespace {

using O = KernelOptions;
constexpr std::array<OptionSpec<O>, 18> kSpecs = {{
    {"limit_min", &O::limit_min, 1, 1e6, "below 2 a single slow request closes the door"},
    {"limit_max", &O::limit_max, 1, 1e6, "memory: what that many requests hold at once"},
    {"limit_initial", &O::limit_initial, 1, 1e6, "serves most services; doubles per residence"},
    {"tolerance", &O::tolerance, 1, 3, "10 % of the knee may queue: less loses throughput"},
    {"smoothing", &O::smoothing, 0.01, 1, "weight of a window: five windows to follow"},
    {"delay_damping", &O::delay_damping, 0, 20, "a signal a second late moves the limit a third"},
    {"gradient_min", &O::gradient_min, 0.1, 1, "a window halves the target at most"},
    {"gradient_max", &O::gradient_max, 1, 2, "growth by 2 % per window while nobody queues"},
    {"own_max", &O::own_max, 0.01, 0.5, "own queue above which a dependency is not to blame"},
    {"anchor_slack", &O::anchor_slack, 1, 3, "R0 may rise this much while we push, as noise"},
    {"doubling_max", &O::doubling_max, 0, 1,
     "log2 of the growth of one window, at most one per residence"},
    {"rush_cpu_max", &O::rush_cpu_max, 0, 1,
     "part of the CPUs in use that a rush may lead to; 0: none"},
    {"late_share", &O::late_share, 0.5, 0.99, "part that is late when work is doomed"},
    {"late_runs", &O::late_runs, 2, 1000, "late in a row before anything is believed"},
    {"hung_places", &O::hung_places, 4, 1e5, "tests that may hang beside what hung before"},
    {"probe_up", &O::probe_up, 1.05, 2, "limit tried upward against a full dependency"},
    {"probe_down", &O::probe_down, 0.3, 0.95, "limit tried downward"},
    {"probe_hold", &O::probe_hold, 1, 100, "epochs between tries once the limit is found"},
}};

struct Ewma {
  double value = 0;
  bool any = false;

  void Add(double x, double weight) {
    value = any ? value + weight * (x - value) : x;
    any = true;
  }
};

// Residences of the last windows, to compare a late signal with.
class Past {
 public:
  void Add(double span, double residence) {
    next_ = (next_ + 1) % windows_.size();
    windows_[next_] = {span, residence};
  }

  // The residence of the window that `age` ago was the newest; `now` if it is now.
  double At(double age, double now) const {
    if (age < 0.15) {
      return now;
    }
    double back = 0.05;  // The windows before this one: it is not added yet.
    for (std::size_t i = 0; i < windows_.size(); ++i) {
      const Entry& window = windows_[(next_ + windows_.size() - i) % windows_.size()];
      if (window.residence <= 0) {
        break;
      }
      back += window.span;
      now = window.residence;
      if (back >= age) {
        break;
      }
    }
    return now;
  }

 private:
  struct Entry {
    double span = 0, residence = 0;
  };
  std::array<Entry, 16> windows_;  // Of 100 ms: more than a signal may be old.
  std::size_t next_ = 0;
};

class KernelLaw final : public ControlLaw {
 public:
  explicit KernelLaw(const KernelOptions& options)
      : options_(options),
        limits_{.own = options.limit_initial},
        good_limit_(options.limit_initial),
        lateness_({.share = options.late_share, .runs = options.late_runs}),
        probe_({.up = options.probe_up,
                .down = options.probe_down,
                .hold = options.probe_hold,
                .own_max = options.own_max,
                .limit_max = options.limit_max}),
        tests_(options.hung_places),
        decision_{.limit = options.limit_initial} {}

  Decision OnTick(const Window& tick) override;
  Decision decision() const override { return decision_; }
  LawState state() const override;
  std::string_view name() const override { return "kernel"; }

 private:
  using Phase = ThroughputProbe::Phase;

  double Lim() const {
    return std::max(options_.limit_min, std::min(limits_.own, limits_.dependency));
  }
  void Measure(const Observed& seen);
  void Judge(const Observed& seen);
  void Gradient(const Observed& seen);
  void Anchor(const Observed& seen);
  void Grow(const Observed& seen);
  void Rush(const Window& tick);
  void CapLate(double rate, double deadline);
  void FollowLateness(Lateness::Change change, const Window& tick);
  void Classify(const Observed& seen);
  Reason ReasonOf(const Observed& seen) const;
  void Publish(Reason reason);

  const KernelOptions options_;
  Limits limits_;
  double good_limit_;  // L_good: in use while nothing was late.
  double before_ = 0;  // The limit to return to when what hangs answers again.
  WindowFold fold_;
  Lateness lateness_;
  ThroughputProbe probe_;
  HungTests tests_;
  Classifier classifier_;
  Ewma residence_, no_load_;    // Re, R0e.
  double share_ = 1;            // f.
  double neighbour_share_ = 1;  // f without the quota, which C knows.
  Past past_;
  double delay_ = 0;        // Age of the signal.
  double trust_ = 0;        // Weight of the signal: 0 when stale, back to 1 within a second.
  double anchor_ = 0;       // Ra.
  double own_ = 0;          // Of the last window.
  double no_load_now_ = 0;  // R0 of the last window.
  double rate_ = 0;         // X of the last window.
  double queue_share_ = 0;  // Of what is in flight, in the last tick.
  bool grew_ = false;
  int quiet_ = 0;                       // Windows without a rejection.
  std::optional<Clock::Time> started_;  // The first tick.
  std::optional<Clock::Time> first_;    // The first window.
  Decision decision_;
};

// (a) The residence without load: what is left when our own queues are subtracted. A late signal
// tells of the past: its waits are compared with the residence of that time.
void KernelLaw::Measure(const Observed& seen) {
  double own = 0;
  if (seen.rates) {
    share_ += 0.3 * (CpuShare(*seen.rates) - share_);
    neighbour_share_ += 0.3 * (NeighbourShare(*seen.rates) - neighbour_share_);
    trust_ = std::min(1.0, trust_ + seen.span);
    const double wait = (seen.rates->runq_self / share_ + seen.rates->lock) / seen.request_rate;
    own = trust_ * wait / past_.At(seen.signal_age, seen.residence);
    delay_ = seen.signal_age;
  } else {
    trust_ = 0;
  }
  past_.Add(seen.span, seen.residence);
  no_load_now_ = seen.residence * std::max(0.05, 1 - own);
  own_ = 1 - no_load_now_ / seen.residence;
  const double weight = std::min(0.6, 0.1 + seen.n / 200);
  residence_.Add(seen.residence, weight);
  no_load_.Add(no_load_now_, weight);
}

// (b) Only if the limit is used, and never against a probe.
void KernelLaw::Gradient(const Observed& seen) {
  const double lim = Lim();
  if (seen.in_flight_max < lim / 2 || probe_.phase() != Phase::kOff) {
    return;
  }
  const double g = std::clamp(options_.tolerance * no_load_now_ / seen.residence,
                              options_.gradient_min, options_.gradient_max);
  // A late answer swings a loop unless the loop is as slow.
  const double weight = options_.smoothing / (1 + options_.delay_damping * delay_);
  limits_.own = (1 - weight) * lim + weight * (lim * g + std::sqrt(lim));
}

// (c) R0 as it was before we started to push. It may rise only while we do not.
void KernelLaw::Anchor(const Observed& seen) {
  quiet_ = seen.rejected ? 0 : quiet_ + 1;
  if ((quiet_ >= 3 && seen.in_flight_max < 0.7 * Lim()) || no_load_.value < anchor_) {
    anchor_ = no_load_.value;
  } else if (SecondsBetween(*first_, seen.now) < 5 * no_load_.value) {
    anchor_ = std::max(anchor_, no_load_now_);  // The first to complete are the short ones.
  }
}

// (d) At most twice the limit per residence, and only while pushing does not make R0 grow.
void KernelLaw::Grow(const Observed& seen) {
  const double lim = Lim();
  const bool bind = seen.pressed || seen.in_flight_max >= 0.95 * lim;
  grew_ = bind && probe_.phase() == Phase::kOff && own_ < 0.05 &&
          no_load_.value <= options_.anchor_slack * anchor_ && seen.in_flight >= 0.8 * lim &&
          !probe_.no_growth();
  if (grew_) {
    const double exponent = std::min(options_.doubling_max, seen.span / no_load_.value);
    limits_.own = std::max(limits_.own, lim * Exp2(exponent));
  }
}

// (d) for demand that jumps. By Little's law no more than offered rate * R0 can be of use; the
// limit goes there in steps of what brings the CPUs to rush_cpu_max, fourfold at most, as long as
// pushing does not make R0 grow. At a cold start no R0 is known: the kernel says after one tick
// that nobody queues, and sixteen times the initial limit is the most: a dependency may be down.
void KernelLaw::Rush(const Window& tick) {
  const double lim = Lim();
  if (!started_) {
    started_ = tick.now;
  }
  const bool cold = !no_load_.any || SecondsBetween(*started_, tick.now) <= 5 * no_load_.value;
  const bool steady =
      no_load_.value <= options_.anchor_slack * anchor_ && own_ < 0.05 && !probe_.no_growth();
  if (!(cold || steady) || probe_.phase() != Phase::kOff || lateness_.late() ||
      lateness_.turned_late() > 0 || !tick.signal || Count(tick.in_flight) < 0.8 * lim) {
    return;
  }
  const double cpus = tick.cpus > 0.05 ? std::min(tick.cpus, 1e5) : 0.05;
  const SignalRates rates = RatesOf(*tick.signal, cpus);
  if (rates.runq_self + rates.lock > 0.25 * lim || CpuShare(rates) < 0.9) {
    return;
  }
  const double offered = Count(tick.arrivals) / std::max(Seconds(tick.span), 1e-3);
  const double need = no_load_.any ? 1.3 * offered * no_load_.value + Count(tick.queued)
                                   : 16 * options_.limit_initial;
  const double most =
      std::clamp(options_.rush_cpu_max * cpus / std::max(rates.cpu, 1e-6), 1.0, 4.0);
  limits_.own = std::max(limits_.own, std::min(most * lim, need));
}

// (e) Almost nothing meets its deadline: go to what can.
void KernelLaw::CapLate(double rate, double deadline) {
  const double cap = std::max({options_.limit_min, 0.1 * good_limit_, 0.8 * deadline * rate});
  if (probe_.phase() == Phase::kOff && queue_share_ > options_.own_max) {
    limits_.own = std::min(limits_.own, cap);
  } else {
    probe_.StartDown(cap, rate, limits_);
  }
}

void KernelLaw::FollowLateness(Lateness::Change change, const Window& tick) {
  const double deadline = Seconds(tick.deadline);
  // Part of what is in flight that queues for us, now. own_ is that of the last completions, which
  // may be long ago.
  queue_share_ = 0;
  if (tick.signal) {
    const SignalRates rates = RatesOf(*tick.signal, tick.cpus);
    queue_share_ = (rates.runq_self / share_ + rates.lock) / std::max(1.0, Count(tick.in_flight));
  }
  if (change == Lateness::Change::kBegan) {
    before_ = std::min(Lim(), std::max(2 * good_limit_, options_.limit_initial));
    CapLate(lateness_.rate(), deadline);
  }
  // Hung, not merely queued: what is pending would take more than two deadlines to drain.
  const bool hung = lateness_.late() && queue_share_ <= options_.own_max &&
                    lateness_.pending() > 2 * deadline * lateness_.rate();
  if (hung && !tests_.on()) {
    tests_.Begin(std::max(before_, Count(tick.in_flight)));
  }
  if (change == Lateness::Change::kEnded) {
    // Less throughput at less in flight: it was slow, not full. The limit from before will do.
    const bool was_slow = tests_.on() || lateness_.rate() < 0.5 * lateness_.rate_good();
    if (was_slow) {
      limits_.own = std::max(Lim(), before_);
      probe_.Stop(limits_);
    }
    if (tests_.on()) {
      tests_.End(lateness_.pending());
    }
  }
  tests_.Add(tick, lateness_);
}

void KernelLaw::Judge(const Observed& seen) {
  if (!first_) {
    first_ = seen.now;
  }
  rate_ = seen.rate;
  Measure(seen);
  if (tests_.on() || (tests_.leftover() > 0 && seen.residence > seen.deadline)) {
    return;  // Their residences are those of the hang.
  }
  Gradient(seen);
  Anchor(seen);
  if (probe_.Recovered(seen, Lim(), limits_)) {
    anchor_ = std::max(anchor_, no_load_now_);
  }
  Grow(seen);
  if (lateness_.late()) {
    CapLate(seen.rate, seen.deadline);
  } else {
    good_limit_ +=
        std::min(1.0, seen.span / 10) * (std::min(Lim(), 1.5 * seen.in_flight_max) - good_limit_);
  }
  probe_.Add(seen,
             {.own = own_,
              .lim = Lim(),
              .no_load = no_load_.value,
              .anchor = options_.anchor_slack * anchor_,
              .grew = grew_},
             limits_);
}

void KernelLaw::Classify(const Observed& seen) {
  Evidence e{.now = seen.now, .stale = !seen.rates.has_value()};
  e.app_limited = seen.in_flight_max < Lim() / 2 && !seen.rejected;
  e.late = lateness_.late();
  e.saturated = probe_.phase() == Phase::kDown || probe_.phase() == Phase::kHold;
  e.rejecting = seen.rejected;
  e.cpus = seen.cpus;
  e.cpu_share = neighbour_share_;
  e.own = own_;
  if (seen.rates) {
    const SignalRates& r = *seen.rates;
    e.throttled_ratio = r.cpu > 0 ? r.throttled / r.cpu : 0;
    e.cpu_used = r.cpu;
    e.runq_own = r.runq_self / share_;
    e.lock = r.lock;
    e.service = r.cpu / seen.request_rate;
    e.lock_wait = r.lock / seen.request_rate;
    e.downstream = r.network / seen.request_rate;
    e.knee = seen.cpus * neighbour_share_ * (1 + (r.cpu > 0 ? r.waiting / r.cpu : 0));
    e.threads_active = r.cpu + r.runq_self + r.runq_other + r.throttled + r.lock + r.waiting;
    constexpr double kSwitch = 2.5e-6;  // Seconds: a switch and the caches it cools.
    e.switch_share = r.switches * kSwitch / std::max(0.05, seen.cpus * neighbour_share_);
  }
  classifier_.Add(e);
}

Reason KernelLaw::ReasonOf(const Observed& seen) const {
  if (lateness_.late()) {
    return Reason::kLate;
  }
  if (probe_.phase() == Phase::kUp) {
    return Reason::kProbe;
  }
  if (probe_.phase() != Phase::kOff) {
    return Reason::kDependency;
  }
  if (own_ > options_.own_max && seen.rates) {
    if (seen.rates->lock > seen.rates->runq_self) {
      return Reason::kLock;
    }
    if (share_ < 0.9) {
      return seen.rates->throttled > seen.rates->runq_other ? Reason::kThrottled
                                                            : Reason::kNeighbour;
    }
    return Reason::kOwnCpu;
  }
  if (!grew_ && seen.in_flight_max < Lim() / 2) {
    return Reason::kAppLimited;
  }
  return seen.rates ? Reason::kHealthy : Reason::kStale;
}

void KernelLaw::Publish(Reason reason) {
  limits_.own = std::clamp(limits_.own, options_.limit_min, options_.limit_max);
  const double limit = std::clamp(tests_.Limit(Lim()), options_.limit_min, options_.limit_max);
  if (reason == Reason::kHealthy && limit >= options_.limit_max) {
    reason = Reason::kCap;
  }
  // While a dependency hangs nothing completes, so no window closes that the classifier could
  // judge.
  const bool dead = tests_.on() || (lateness_.late() && queue_share_ <= options_.own_max);
  const Verdict verdict = classifier_.verdict();
  decision_ = {.limit = limit,
               .reason = reason,
               .bottleneck = dead ? Bottleneck::kDepDead : verdict.bottleneck,
               .modifier = dead ? Bottleneck::kHealthy : verdict.modifier};
}

LawState KernelLaw::state() const {
  constexpr std::array<std::string_view, 4> kPhases = {"off", "up", "down", "hold"};
  const bool probing = probe_.phase() != Phase::kOff;
  return {.residence = residence_.value,
          .no_load = no_load_.value,
          .own = own_,
          .cpu_share = share_,
          .rate = rate_,
          .limit_own = limits_.own,
          .limit_dependency = probing ? limits_.dependency : 0,
          .phase = tests_.on() ? "hung" : kPhases[static_cast<std::size_t>(probe_.phase())],
          .confidence = classifier_.verdict().confidence};
}

Decision KernelLaw::OnTick(const Window& tick) {
  if (!(tick.span > Clock::Duration::zero())) {
    return decision_;
  }
  FollowLateness(lateness_.Add(tick), tick);
  Rush(tick);
  Reason reason = decision_.reason;
  if (const std::optional<Observed> seen = fold_.Add(tick)) {
    Judge(*seen);
    Classify(*seen);
    reason = ReasonOf(*seen);
  }
  if (lateness_.late()) {
    reason = Reason::kLate;
  } else if (reason == Reason::kLate) {
    reason = Reason::kHealthy;  // It has just ended; the next window says more.
  }
  Publish(reason);
  return decision_;
}

}  // namespace

std::span<const OptionSpec<KernelOptions>> KernelOptionSpecs() { return kSpecs; }

absl::StatusOr<std::unique_ptr<ControlLaw>> MakeKernelLaw(const KernelOptions& options) {
  const absl::Status status = CheckOptions<KernelOptions>("kernel", kSpecs, options);
  if (!status.ok()) {
    return status;
  }
  const absl::Status bounds =
      detail::CheckBounds("kernel", options.limit_min, options.limit_max, options.limit_initial);
  if (!bounds.ok()) {
    return bounds;
  }
  return std::make_unique<KernelLaw>(options);
}

}  // namespace loadline::control
