// SPDX-License-Identifier: Apache-2.0
#include "tests/bpf/blame_workloads.h"

#include <time.h>

#include <utility>

namespace loadline::agent {
namespace {

constexpr std::size_t kConnections = 4;

void FutexWait(std::atomic<int>& word, int value) {
  syscall(SYS_futex, &word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, value, nullptr, nullptr, 0);
}

void FutexWake(std::atomic<int>& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, nullptr, nullptr, 0);
}

Clock::Duration CpuTime() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

}  // namespace

void Compute(Clock::Duration time) {
  const Clock::Duration until = CpuTime() + time;
  while (CpuTime() < until) {
  }
}

Crew::Crew(const std::string& name, int size, std::function<void(int)> turn) {
  for (int i = 0; i < size; ++i) {
    threads_.emplace_back([this, name, i, turn] {
      pthread_setname_np(pthread_self(), name.c_str());
      while (!quit_) {
        turn(i);
      }
    });
  }
}

Crew::~Crew() {
  Quit();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

void Queue::Push() {
  std::unique_lock lock(mutex_);
  space_.wait(lock, [this] { return items_ < room_ || closed_; });
  ++items_;
  lock.unlock();
  work_.notify_one();
}

void Queue::Pop() {
  std::unique_lock lock(mutex_);
  work_.wait(lock, [this] { return items_ > 0 || closed_; });
  if (items_ > 0) {
    --items_;
  }
  lock.unlock();
  space_.notify_one();
}

void Queue::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  work_.notify_all();
  space_.notify_all();
}

Arrivals::Arrivals(Clock::Duration pause)
    : epoll_(epoll_create1(0)), outside_("outside", 1, [this, pause](int) {
        Sleep(pause);
        pair_.Answer();
      }) {
  epoll_event event{.events = EPOLLIN, .data = {}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, pair_.client, &event);
}

Arrivals::~Arrivals() { close(epoll_); }

void Arrivals::Poll() {
  epoll_event event{};
  while (epoll_wait(epoll_, &event, 1, -1) != 1) {
  }
  pair_.Receive();
}

SlowPeer::SlowPeer(Clock::Duration time)
    : peer_("peer", 1, [this, time](int) {
        char byte = 0;
        if (read(pair_.server, &byte, 1) == 1) {
          Sleep(time);
          pair_.Answer();
        }
      }) {}

SlowPeer::~SlowPeer() {
  peer_.Quit();
  shutdown(pair_.client, SHUT_WR);
}

void SlowPeer::Ask() {
  const char byte = 1;
  if (write(pair_.client, &byte, 1) != 1) {
    std::abort();
  }
  pair_.Receive();
}

Connections::Connections(Clock::Duration answer) {
  for (std::size_t i = 0; i < kConnections; ++i) {
    peers_.push_back(std::make_unique<SlowPeer>(answer));
    free_.push_back(i);
  }
}

void Connections::Use() {
  const std::size_t connection = Take();
  peers_[connection]->Ask();
  GiveBack(connection);
}

std::size_t ConditionConnections::Take() {
  std::unique_lock lock(mutex_);
  has_free_.wait(lock, [this] { return !free_.empty(); });
  const std::size_t connection = free_.back();
  free_.pop_back();
  return connection;
}

void ConditionConnections::GiveBack(std::size_t connection) {
  {
    const std::lock_guard lock(mutex_);
    free_.push_back(connection);
  }
  has_free_.notify_one();
}

void Parking::Park() {
  while (permit_.exchange(0) == 0) {
    FutexWait(permit_, 0);
  }
}

void Parking::Unpark() {
  permit_ = 1;
  FutexWake(permit_);
}

std::size_t ParkingConnections::Take() {
  std::unique_lock lock(mutex_);
  if (!free_.empty()) {
    const std::size_t connection = free_.back();
    free_.pop_back();
    return connection;
  }
  Waiter self;
  waiters_.push_back(&self);
  lock.unlock();
  self.parking.Park();
  lock.lock();  // Who handed the connection over is done with `self`.
  return self.connection;
}

void ParkingConnections::GiveBack(std::size_t connection) {
  const std::lock_guard lock(mutex_);
  if (waiters_.empty()) {
    free_.push_back(connection);
    return;
  }
  Waiter* next = waiters_.front();
  waiters_.pop_front();
  next->connection = connection;
  next->parking.Unpark();
}

void WordLock::Lock() {
  int free = 0;
  if (word_.compare_exchange_strong(free, 1)) {
    return;
  }
  while (word_.exchange(contended_) != 0) {
    FutexWait(word_, contended_);
  }
}

void WordLock::Unlock() {
  if (word_.exchange(0) == contended_) {
    FutexWake(word_);
  }
}

}  // namespace loadline::agent
