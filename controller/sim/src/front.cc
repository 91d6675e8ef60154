// SPDX-License-Identifier: Apache-2.0
#include "front.h"

#include <algorithm>
#include <utility>

#include "loadline/control/priority.h"
#include "loadline/control/retry_budget.h"

namespace loadline::sim {
namespace {

Clock::Time At(Ns now) { return Clock::Time{Clock::Duration{now}}; }

// The first level of a scenario is critical_plus, and so on; more than five share the last class.
int ControlLevel(std::uint8_t level, int within) {
  return control::Level(static_cast<control::Priority>(std::min<int>(level, 4)), within);
}

}  // namespace

Front::Front(const Scenario& scenario, bool queue, std::uint64_t seed)
    : scenario_(scenario), deadline_(scenario.deadline) {
  if (!queue) {
    return;
  }
  if (absl::StatusOr<control::BurstQueue> burst = control::BurstQueue::Create(); burst.ok()) {
    burst_.emplace(*burst);
  }
  if (!scenario.levels.empty() || !scenario.tenants.empty()) {
    const auto seed_number = static_cast<double>(StreamSeed(seed, "shedder") >> 34);
    if (auto shedder = control::Shedder::Create({.seed = seed_number}); shedder.ok()) {
      shedder_.emplace(*shedder);
    }
  }
}

bool Front::Sheds(const Request& request, int attempt) {
  if (!shedder_) {
    return false;
  }
  const int within = scenario_.tenants.empty() ? 50 : shares_.Within(request.tenant);
  return !shedder_->Offer(control::LevelOfAttempt(ControlLevel(request.level, within), attempt));
}

void Front::Note(const Admission& admission, Ns now) {
  const bool full = Full(admission);
  limited_ |= full;
  if (burst_) {
    burst_->Note(At(now), full || waiting_ > 0);
  }
}

RequestFifo* Front::WorseThan(std::uint8_t level) {
  for (std::size_t i = queues_.size(); i-- > level + std::size_t{1};) {
    if (!queues_[i].empty()) {
      return &queues_[i];
    }
  }
  return nullptr;
}

Front::Answer Front::Arrive(Requests& requests, std::uint32_t index, int attempt,
                            Admission& admission, Ns now) {
  const Request& request = requests[index];
  Note(admission, now);
  if (Sheds(request, attempt)) {
    return {};
  }
  Answer answer;
  if (waiting_ == 0 && admission.TryEnter()) {
    answer.verdict = Verdict::kEnter;
  } else if (burst_) {
    int ahead = 0;
    for (std::size_t level = 0; level <= request.level; ++level) {
      ahead += queues_[level].size();
    }
    if (burst_->MayQueue(ahead, deadline_)) {
      answer.verdict = Verdict::kWait;
      if (RequestFifo* worse = WorseThan(request.level);
          worse != nullptr && !burst_->MayQueue(waiting_, deadline_)) {
        answer.instead = worse->Pop(requests);
        --waiting_;
      }
      queues_[request.level].Push(requests, index);
      ++waiting_;
    }
  }
  Note(admission, now);
  if (answer.verdict == Verdict::kEnter && shedder_) {
    shares_.OnAdmitted(request.tenant);
  }
  return answer;
}

Front::Next Front::Leave(Requests& requests, Admission& admission, Ns now) {
  Next next;
  for (RequestFifo& queue : queues_) {
    if (waiting_ == 0 || queue.empty()) {
      continue;
    }
    const Request& request = requests[queue.front()];
    const Clock::Duration sojourn{now - request.sent_at};
    if (!request.abandoned && burst_->StillWorthIt(sojourn, deadline_)) {
      if (!admission.TryEnter()) {
        break;
      }
      next.verdict = Verdict::kEnter;
      sojourn_ = sojourn.count();
      if (shedder_) {
        shares_.OnAdmitted(request.tenant);
      }
    }
    next.request = queue.Pop(requests);
    --waiting_;
    break;
  }
  Note(admission, now);
  return next;
}

void Front::OnTick(const control::Window& window, const control::ControlLaw* law, Ns now) {
  if (law == nullptr) {
    return;
  }
  const control::LawState state = law->state();
  no_load_s_ = state.no_load;
  if (burst_) {
    burst_->OnTick(window, *law);
    burst_->Note(At(now), limited_ || waiting_ > 0);
  }
  const double seconds = static_cast<double>(window.span.count()) / static_cast<double>(kSecond);
  if (shedder_ && seconds > 0) {
    const double capacity = state.residence > 0 ? law->decision().limit / state.residence
                                                : 1e9;  // Not known: no limit.
    shedder_->OnTick({.span = window.span,
                      .capacity = capacity,
                      .offered = static_cast<double>(window.arrivals) / seconds,
                      .sojourn = Clock::Duration{std::exchange(sojourn_, 0)},
                      .bound = burst_ ? burst_->Bound(deadline_) : Clock::Duration{},
                      .limited = limited_});
    shares_.OnTick(window.span);
  }
  limited_ = false;
}

Clock::Duration Front::RetryAfter() const {
  const Clock::Duration bound = burst_ ? burst_->Bound(deadline_) : Clock::Duration{};
  const Clock::Duration no_load{static_cast<Ns>(no_load_s_ * static_cast<double>(kSecond))};
  return control::Pushback(bound, no_load, shedder_ ? shedder_->shed_fraction() : 0);
}

}  // namespace loadline::sim
