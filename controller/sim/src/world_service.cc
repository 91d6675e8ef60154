// SPDX-License-Identifier: Apache-2.0
// World, behind the limit: a request on its way through the service.
#include "draw.h"
#include "world.h"

namespace loadline::sim {

void World::Draw(Request& request) {
  Random random = Random::ForItem(service_stream_, request.number);
  const double luck = random.Uniform();
  const RequestClass& kind = ChooseClass(scenario_.classes, request.sent_at, luck);
  request.kind = static_cast<std::uint8_t>(&kind - scenario_.classes.data());
  request.dependency = static_cast<std::uint8_t>(kind.dependency);
  request.work = static_cast<double>(SampleAt(kind.cpu, request.sent_at, random));
  request.hold = SampleAt(kind.hold, request.sent_at, random);
}

// The ledger counts the request's thread as idle.
void World::Begin(std::uint32_t index) {
  Request& request = requests_[index];
  request.step = Request::Step::kCpu;
  request.begun_at = now_;
  if (request.parent == kNone) {
    pool_window_.queue_wait_max =
        std::max(pool_window_.queue_wait_max, Clock::Duration{now_ - request.admitted_at});
  }
  processor_.Enqueue(index, Doing::kIdle, now_);
}

void World::OnCoreDone(std::uint32_t index) {
  ledger_.CountSwitch(true);
  const Request& request = requests_[index];
  if (request.parent != kNone || request.abandoned) {
    return Finish(index, Doing::kOnCore);
  }
  if (request.hold > 0) {
    return Lock(index);
  }
  ledger_.Move(Doing::kOnCore, Doing::kCondition, now_);
  Nest(index);
}

void World::Lock(std::uint32_t index) {
  requests_[index].step = Request::Step::kLock;
  if (lock_held_) {
    ledger_.Move(Doing::kOnCore, Doing::kLock, now_);
    lock_queue_.Push(requests_, index);
    return;
  }
  lock_held_ = true;
  ledger_.Move(Doing::kOnCore, Doing::kDisk, now_);
  events_.Push(now_ + requests_[index].hold, EventKind::kHoldDone, index);
}

void World::OnHoldDone(std::uint32_t index) {
  lock_held_ = !lock_queue_.empty();
  if (lock_held_) {
    const std::uint32_t next = lock_queue_.Pop(requests_);
    ledger_.Move(Doing::kLock, Doing::kDisk, now_);
    events_.Push(now_ + requests_[next].hold, EventKind::kHoldDone, next);
  }
  ledger_.Move(Doing::kDisk, Doing::kCondition, now_);
  Nest(index);
}

// The ledger counts the thread as waiting for a condition, which it is if there is a nested task.
void World::Nest(std::uint32_t index) {
  if (!scenario_.pool.nested) {
    return Call(index);
  }
  const std::uint32_t task = requests_.Take();
  Request& parent = requests_[index];
  parent.step = Request::Step::kNested;
  Request& child = requests_[task];
  child.parent = index;
  Random random = Random::ForItem(nested_stream_, parent.number);
  child.work = static_cast<double>(SampleAt(scenario_.pool.nested_cpu, now_, random));
  pool_.WaitsForOwnTask(1);
  if (pool_.Take(task, now_) == ThreadPool::Given::kThread) {
    Begin(task);
  } else if (const std::uint32_t next = pool_.Next(now_); next != kNone) {
    Begin(next);
  }
}

void World::Call(std::uint32_t index) {
  Request& request = requests_[index];
  request.step = Request::Step::kCall;
  ledger_.Move(Doing::kCondition, Doing::kNetwork, now_);
  Random random = Random::ForItem(call_stream_, request.number);
  const double luck = random.Uniform();
  request.call = SampleAt(scenario_.classes[request.kind].wait, now_, random);
  if (request.call == 0 || request.abandoned) {
    return Finish(index, Doing::kNetwork);
  }
  calls_[request.dependency].Call(index, luck, now_);
}

void World::OnCallDone(std::uint32_t index, bool timed_out) {
  requests_[index].dropped = timed_out;
  requests_[index].failed |= timed_out;
  Finish(index, Doing::kNetwork);
}

void World::Finish(std::uint32_t index, Doing from) {
  ledger_.Move(from, Doing::kIdle, now_);
  const Request request = requests_[index];
  if (request.waits_for_server) {
    requests_[index].step = Request::Step::kGone;
    ++requests_[index].generation;
  } else {
    requests_.Release(index);
  }
  ++pool_window_.completed;
  pool_window_.task_time_sum += Clock::Duration{now_ - request.begun_at};
  if (request.parent == kNone) {
    ++finished_;
    const bool ignored = request.abandoned || (request.failed && !request.dropped);
    admission_.Finish(ignored           ? Outcome::kIgnored
                      : request.dropped ? Outcome::kDropped
                                        : Outcome::kSuccess,
                      request.admitted_at, request.epoch, now_);
    recorder_.Finished({request.sent_at, request.phases, request.level, request.tenant},
                       request.sent_at, now_);
    Answer(request, !request.failed && !request.abandoned);
  } else {
    pool_.WaitsForOwnTask(-1);
  }
  if (const std::uint32_t next = pool_.GiveBack(now_); next != kNone) {
    Begin(next);
  }
  StartQueuedTasks();
  if (request.parent != kNone) {
    return Call(request.parent);
  }
  if (front_.waiting() > 0) {
    LetIn();
  }
}

}  // namespace loadline::sim
