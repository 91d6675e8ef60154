// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/futex.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/bpf/probes_env.h"
#include "tests/bpf/tcp_pair.h"

namespace loadline::agent {

// Threads of one name that call `turn(index)` until the end.
class Crew {
 public:
  Crew(const std::string& name, int size, std::function<void(int)> turn);
  ~Crew();
  // Each ends after the turn that it is in.
  void Quit() { quit_ = true; }

 private:
  std::atomic<bool> quit_{false};
  std::vector<std::thread> threads_;
};

// A queue with one condition variable for work, and one for room.
class Queue {
 public:
  explicit Queue(std::size_t room = 1000) : room_(room) {}
  void Push();
  void Pop();
  // Nobody waits any more.
  void Close();

 private:
  const std::size_t room_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable space_;
  std::size_t items_ = 0;
  bool closed_ = false;
};

// A poll on a connection on which a byte comes each `pause`, from somebody outside.
class Arrivals {
 public:
  explicit Arrivals(Clock::Duration pause);
  ~Arrivals();
  // Waits for one.
  void Poll();

 private:
  TcpPair pair_;
  int epoll_;
  Crew outside_;
};

// A peer that answers each request after `time`.
class SlowPeer {
 public:
  explicit SlowPeer(Clock::Duration time);
  ~SlowPeer();
  void Ask();

 private:
  TcpPair pair_;
  Crew peer_;
};

// Four connections for many threads. How who finds none waits, is a matter of the derived class.
class Connections {
 public:
  explicit Connections(Clock::Duration answer);
  virtual ~Connections() = default;
  void Use();

 protected:
  virtual std::size_t Take() = 0;
  virtual void GiveBack(std::size_t connection) = 0;
  std::vector<std::size_t> free_;

 private:
  std::vector<std::unique_ptr<SlowPeer>> peers_;
};

// They wait at one condition variable.
class ConditionConnections final : public Connections {
 public:
  using Connections::Connections;

 protected:
  std::size_t Take() override;
  void GiveBack(std::size_t connection) override;

 private:
  std::mutex mutex_;
  std::condition_variable has_free_;
};

// A word on which one thread parks, as those of a Java virtual machine do.
class Parking {
 public:
  void Park();
  void Unpark();

 private:
  std::atomic<int> permit_{0};
};

// Each waits at a word of its own, in the order in which they came.
class ParkingConnections final : public Connections {
 public:
  using Connections::Connections;

 protected:
  std::size_t Take() override;
  void GiveBack(std::size_t connection) override;

 private:
  struct Waiter {
    Parking parking;
    std::size_t connection = 0;
  };
  std::mutex mutex_;
  std::deque<Waiter*> waiters_;
};

// A lock of an atomic and a futex that says nothing of who holds it; waiters wait for `value`.
class WordLock {
 public:
  explicit WordLock(int value) : contended_(value) {}
  void Lock();
  void Unlock();

 private:
  const int contended_;
  std::atomic<int> word_{0};
};

void Compute(Clock::Duration time);

}  // namespace loadline::agent
