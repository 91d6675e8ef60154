// SPDX-License-Identifier: Apache-2.0
// The waits of tests/bpf/wait_case.h, each in a thread of its own: ten times for 20 ms, running in
// between, and then for good. Prints the name of each thread and what it waits for, and "end":
//
//   mutex lock
//   flock file_lock
//   end
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "tests/bpf/wait_case.h"

namespace loadline::agent {
namespace {

constexpr int kRounds = 10;
constexpr std::size_t kNameMax = 15;  // Of a thread.
constexpr auto kRound = std::chrono::milliseconds(20);

struct Turns {
  std::atomic<int> asked = 0;
  std::atomic<int> done = 0;
};

[[noreturn]] void Wait(const WaitCase& wait, Turns& turns) {
  pthread_setname_np(pthread_self(), wait.name.substr(0, kNameMax).c_str());
  while (turns.asked <= kRounds) {
    if (turns.done < turns.asked) {
      wait.enter();
      ++turns.done;
    }
    sched_yield();
  }
  for (;;) {  // Waits that end by themselves; the others do not come back.
    wait.enter();
  }
}

void Play(const WaitCase& wait) {
  auto* turns = new Turns;  // The thread stays.
  std::thread([&wait, turns] { Wait(wait, *turns); }).detach();
  for (int round = 0; round < kRounds; ++round) {
    wait.arm();
    ++turns->asked;
    std::this_thread::sleep_for(kRound);
    wait.release();
    while (turns->done < turns->asked) {
      sched_yield();
    }
  }
  wait.arm();
  ++turns->asked;
}

// A process that forks makes all its threads wait for its address space: a wait for a child is
// played in a process of its own, which has to be made before there are threads.
void PlayAlone(const WaitCase& wait) {
  if (fork() == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    Play(wait);
    for (;;) {
      pause();
    }
  }
}

void PlayAll(std::vector<WaitCase>& waits) {
  std::ranges::stable_partition(
      waits, [](const WaitCase& wait) { return wait.reason == WaitReason::kChild; });
  for (const WaitCase& wait : waits) {
    wait.reason == WaitReason::kChild ? PlayAlone(wait) : Play(wait);
    std::printf("%s %s\n", wait.name.substr(0, kNameMax).c_str(),
                std::string(Name(wait.reason)).c_str());
  }
  std::puts("end");
}

}  // namespace
}  // namespace loadline::agent

int main() {
  std::setbuf(stdout, nullptr);  // A child would print once more what is in it.
  std::vector<loadline::agent::WaitCase> waits;
  for (const auto& cases : {loadline::agent::LockCases(), loadline::agent::DescriptorCases(),
                            loadline::agent::NetworkCases(), loadline::agent::KernelCases()}) {
    waits.insert(waits.end(), cases.begin(), cases.end());
  }
  loadline::agent::PlayAll(waits);
  for (;;) {
    pause();
  }
}
