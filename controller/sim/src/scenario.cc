// SPDX-License-Identifier: Apache-2.0
#include "loadline/sim/scenario.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"

namespace loadline::sim {
namespace {

std::string Plain(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  return text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
}

// The first rule that is broken.
class Rules {
 public:
  void Check(bool holds, std::string_view field, double value, std::string_view rule) {
    if (status_.ok() && !holds) {
      status_ = absl::InvalidArgumentError(
          absl::StrCat(std::string(field), ": ", Plain(value), ": ", std::string(rule)));
    }
  }
  void Range(std::string_view field, double value, double min, double max) {
    Check(value >= min && value <= max, field, value,
          absl::StrCat("must be in [", Plain(min), ", ", Plain(max), "]"));
  }
  void Parts(std::string_view field, const Schedule& schedule) {
    for (const Schedule::Point& point : schedule.points) {
      Range(field, point.value, 0, 1);
    }
  }
  const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

void CheckCpu(const Cpu& cpu, Rules& rules) {
  rules.Range("cores", cpu.cores, 1, 1024);
  rules.Range("slow_cores", cpu.slow_cores, 0, cpu.cores);
  rules.Parts("speed", cpu.speed);
  rules.Parts("slow_cores.speed", cpu.slow_speed);
  rules.Check(cpu.stall_for == 0 || cpu.stall_for < cpu.stall_every, "stall.for",
              Seconds(cpu.stall_for), "must be below stall.every");
  rules.Check(cpu.slice == 0 || cpu.slice >= 10'000, "slice", Seconds(cpu.slice),
              "must be 0 or at least 10 us");
}

void CheckPool(const Pool& pool, Rules& rules) {
  rules.Range("pool.threads", pool.threads, 0, 65536);
  rules.Check(!pool.adaptive || (pool.threads >= 2 && pool.threads <= pool.threads_max),
              "pool.threads", pool.threads, "of an adaptive pool must be in [2, threads_max]");
  rules.Range("pool.threads_max", pool.threads_max, 2, 65536);
  rules.Check(!pool.nested || pool.queue_max == 0, "pool.queue_max", pool.queue_max,
              "must be 0 where tasks are nested: a refused one would never be answered");
}

void CheckArrivals(const Arrivals& arrivals, Rules& rules) {
  using Kind = Arrivals::Kind;
  rules.Range("arrivals.batch", arrivals.batch, 1, 1e6);
  rules.Range("load", arrivals.rate.Max(), 0, 1e7);
  rules.Range("arrivals.rate_on", arrivals.rate_on, 0, 1e7);
  rules.Range("arrivals.rate_off", arrivals.rate_off, 0, 1e7);
  rules.Check(arrivals.alpha > 1, "arrivals.alpha", arrivals.alpha, "must be above 1");
  rules.Range("arrivals.amplitude", arrivals.amplitude, 0, 1);
  const bool periodic = arrivals.kind == Kind::kSquare || arrivals.kind == Kind::kSinus;
  rules.Check(!periodic || arrivals.period >= kMillisecond, "arrivals.period",
              Seconds(arrivals.period), "must be at least 1 ms");
  rules.Check(arrivals.kind != Kind::kSquare || arrivals.on < arrivals.period, "arrivals.on",
              Seconds(arrivals.on), "must be below the period");
  const bool switched = arrivals.kind == Kind::kOnOff || arrivals.kind == Kind::kMmpp;
  rules.Check(!switched || (arrivals.on >= kMillisecond && arrivals.off >= kMillisecond),
              "arrivals.on", Seconds(arrivals.on), "and off must be at least 1 ms");
  rules.Check(arrivals.kind != Kind::kClosed || arrivals.users > 0, "arrivals.users",
              arrivals.users, "must be above 0");
  rules.Check(std::is_sorted(arrivals.trace.begin(), arrivals.trace.end()), "arrivals.times",
              static_cast<double>(arrivals.trace.size()), "must rise");
}

void CheckClasses(const Scenario& scenario, Rules& rules) {
  rules.Range("classes", static_cast<double>(scenario.classes.size()), 1, 64);
  for (const RequestClass& kind : scenario.classes) {
    rules.Check(!kind.cpu.empty() && kind.cpu.At(0) != nullptr, "cpu", 0,
                "must be given from time 0 on");
    rules.Range("dependency", kind.dependency, 0,
                static_cast<double>(scenario.dependencies.size()) - 1);
  }
  for (const Dependency& dependency : scenario.dependencies) {
    rules.Parts("failing", dependency.failing);
    rules.Parts("hanging", dependency.hanging);
  }
  rules.Check(!scenario.edf_oracle || scenario.classes.size() == 1, "oracle", 0,
              "edf knows one class only");
}

}  // namespace

absl::Status Validate(const Scenario& scenario) {
  Rules rules;
  rules.Range("end", Seconds(scenario.end), 1, 86400);
  rules.Range("deadline", Seconds(scenario.deadline), 1e-3, 3600);
  rules.Range("limit_max", scenario.limit_max, 2, 1e6);
  rules.Range("limit_initial", scenario.limit_initial, 1, scenario.limit_max);
  CheckCpu(scenario.cpu, rules);
  CheckPool(scenario.pool, rules);
  CheckArrivals(scenario.arrivals, rules);
  CheckClasses(scenario, rules);
  rules.Range("clients.attempts", scenario.clients.attempts, 1, 10);
  rules.Range("clients.budget", scenario.clients.budget, 0, 1);
  rules.Range("levels", static_cast<double>(scenario.levels.size()), 0, kLevelsMax);
  rules.Range("tenants", static_cast<double>(scenario.tenants.size()), 0, kTenantsMax);
  rules.Range("signals.noise", scenario.signals.noise, 0, 1);
  rules.Range("signals.missing", scenario.signals.missing, 0, 1);
  for (const Phase& phase : scenario.phases) {
    rules.Check(phase.to <= scenario.end, "phases.to", Seconds(phase.to), "must not be after end");
  }
  return rules.status();
}

}  // namespace loadline::sim
