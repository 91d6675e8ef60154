// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "arrival_source.h"
#include "draw.h"
#include "loadline/sim/oracle.h"

namespace loadline::sim {
namespace {

struct Job {
  Ns arrived = 0;
  Ns due = 0;  // When its CPU work must be done, so that the rest is in time.
  Ns cpu = 0;
};

// Jobs that were accepted and have not begun, by rising `due`, on `cores` of one speed.
class Plan {
 public:
  explicit Plan(const Scenario& scenario)
      : speed_(scenario.cpu.speed.At(0)),
        free_at_(static_cast<std::size_t>(scenario.cpu.cores), 0) {}

  // Starts what can start before `now`, and reports each job that is done in time.
  template <typename Done>
  void Advance(Ns now, Done done) {
    while (!waiting_.empty()) {
      const auto core = std::min_element(free_at_.begin(), free_at_.end());
      const Job job = waiting_.front();
      const Ns start = std::max(*core, job.arrived);
      if (start >= now) {
        return;
      }
      waiting_.erase(waiting_.begin());
      const Ns end = start + Duration(job.cpu);
      if (end <= job.due) {
        *core = end;
        done(job);
      }
    }
  }

  // Accepts the job, and drops the longest where the plan would fail.
  void Add(const Job& job) {
    const auto place = std::upper_bound(waiting_.begin(), waiting_.end(), job,
                                        [](const Job& a, const Job& b) { return a.due < b.due; });
    waiting_.insert(place, job);
    Ns free = 0;
    for (const Ns at : free_at_) {
      free += std::max(at, job.arrived);
    }
    const auto cores = static_cast<Ns>(free_at_.size());
    Ns end = free / cores;  // As if the cores were one fast one: a bound, close for short jobs.
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      end += Duration(waiting_[i].cpu) / cores;
      if (end > waiting_[i].due) {
        const auto last = waiting_.begin() + static_cast<std::ptrdiff_t>(i) + 1;
        waiting_.erase(std::max_element(waiting_.begin(), last,
                                        [](const Job& a, const Job& b) { return a.cpu < b.cpu; }));
        return;
      }
    }
  }

 private:
  Ns Duration(Ns cpu) const { return static_cast<Ns>(static_cast<double>(cpu) / speed_); }

  const double speed_;
  std::vector<Ns> free_at_;
  std::vector<Job> waiting_;
};

}  // namespace

OracleAnswer EdfOracle(const Scenario& scenario, std::uint64_t seed) {
  OracleAnswer answer;
  const auto bins = static_cast<std::size_t>(scenario.end / Recording::kBin) + 1;
  answer.served.resize(bins);
  const RequestClass& kind = scenario.classes.front();
  const double mean = kind.cpu.At(0)->Mean() / static_cast<double>(kSecond);
  answer.capacity.assign(bins, scenario.cpu.cores * scenario.cpu.speed.At(0) / mean);

  Plan plan(scenario);
  const auto done = [&](const Job& job) {
    answer.served[static_cast<std::size_t>(job.arrived / Recording::kBin)] += 1;
  };
  const std::uint64_t service = StreamSeed(seed, "service");
  const std::uint64_t calls = StreamSeed(seed, "call");
  ArrivalSource arrivals(scenario.arrivals, seed);
  std::uint64_t number = 0;
  for (Ns now = arrivals.Next(); now < scenario.end; now = arrivals.Next()) {
    plan.Advance(now, done);
    for (int i = 0; i < scenario.arrivals.batch; ++i, number += 16) {  // As World numbers attempts.
      Random random = Random::ForItem(service, number);
      random.Next();  // The class.
      const Ns cpu = SampleAt(kind.cpu, now, random);
      const Ns hold = SampleAt(kind.hold, now, random);
      Random call = Random::ForItem(calls, number);
      call.Next();  // Failure.
      const Ns wait = SampleAt(kind.wait, now, call);
      plan.Add({now, now + scenario.deadline - hold - wait, cpu});
    }
  }
  plan.Advance(kNever, done);
  answer.worked = answer.served;  // Bursts are short against a phase.
  return answer;
}

}  // namespace loadline::sim
