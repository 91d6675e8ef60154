// SPDX-License-Identifier: Apache-2.0
// A program with two threads, or processes, for each case: one has what the other wants. Says who
// they are, one line each (name, waits, has, tells, object, size), and "ready"; `hold` keeps it all
// as it is, `turns` gives and takes again and again. Ends when its input does.
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/bpf/lock_cases.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;

pid_t Tid() { return static_cast<pid_t>(syscall(SYS_gettid)); }

std::vector<pid_t> children;

void Want(const LockCase& one, bool turns) {
  do {
    one.want();
    std::this_thread::sleep_for(1ms);
  } while (turns);
}

pid_t StartHolder(const LockCase& one, bool turns) {
  std::atomic<pid_t> holder{0};
  std::thread([&holder, &one, turns] {
    one.take();
    holder = Tid();
    while (turns) {
      std::this_thread::sleep_for(4ms);
      one.give();
      std::this_thread::sleep_for(1ms);
      one.take();
    }
    pause();
  }).detach();
  while (holder == 0) {
    std::this_thread::yield();
  }
  return holder;
}

pid_t StartWaiter(const LockCase& one, bool turns) {
  if (one.across) {
    const pid_t child = fork();
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      Want(one, turns);
      _exit(0);
    }
    children.push_back(child);
    return child;
  }
  std::atomic<pid_t> waiter{0};
  std::thread([&waiter, &one, turns] {
    waiter = Tid();
    Want(one, turns);
  }).detach();
  while (waiter == 0) {
    std::this_thread::yield();
  }
  return waiter;
}

void Start(const LockCase& one, bool turns) {
  const pid_t holder = StartHolder(one, turns);
  const pid_t waiter = StartWaiter(one, turns);
  std::printf("%s %d %d %d %p %zu\n", one.name.c_str(), waiter, holder, one.tells ? 1 : 0,
              one.object, one.size);
}

// The tids of the first threads of a pid namespace are small: 2 and 3 are what locks wait for.
void StartJoiner(std::vector<std::thread>& threads) {
  std::atomic<pid_t> joined{0};
  std::atomic<pid_t> waiter{0};
  threads.emplace_back([&joined] {
    joined = Tid();
    for (;;) {
      pause();
    }
  });
  threads.emplace_back([&waiter, other = &threads.back()] {
    waiter = Tid();
    other->join();
  });
  while (joined == 0 || waiter == 0) {
    std::this_thread::yield();
  }
  std::printf("join_%d %d %d 0 %p 0\n", joined.load(), waiter.load(), joined.load(),
              static_cast<void*>(nullptr));
}

pid_t StartBystander() {
  std::atomic<pid_t> tid{0};
  std::thread([&tid] {
    tid = Tid();
    for (;;) {
      pause();
    }
  }).detach();
  while (tid == 0) {
    std::this_thread::yield();
  }
  return tid;
}

int Main(bool turns) {
  static std::vector<std::thread> joined;
  joined.reserve(4);  // They are pointed to.
  if (!turns) {
    StartJoiner(joined);
    StartJoiner(joined);
  }
  static std::vector<LockCase> cases = LockCasesOfGlibc();
  for (LockCase& one : WordsThatTellNobody(StartBystander())) {
    cases.push_back(std::move(one));
  }
  for (const LockCase& one : cases) {
    Start(one, turns);
  }
  std::printf("ready\n");
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  for (const pid_t child : children) {  // Before what they wait for has no owner.
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }
  _exit(0);
}

}  // namespace
}  // namespace loadline::agent

int main(int argc, char** argv) {
  return loadline::agent::Main(argc == 2 && std::string_view(argv[1]) == "turns");
}
