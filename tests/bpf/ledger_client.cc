// SPDX-License-Identifier: Apache-2.0
// A service that knows how long it waits, and compares: what its ledger says of waits that its own
// clock has measured. Ends with 0 if all is right, else says what is not.
//
//     bpf_test_ledger_client SELF_SOCKET
//     bpf_test_ledger_client SELF_SOCKET --flood    asks 400 times, and prints the statuses it got
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "loadline/steady_clock.h"
#include "loadline/wait_ledger.h"
#include "loadline_abi/ledger.h"

namespace loadline {
namespace {

using std::chrono_literals::operator""ms;

int failures = 0;

void Check(bool right, const char* what, double figure = 0) {
  if (!right) {
    std::printf("wrong: %s (%g)\n", what, figure);
    ++failures;
  }
}

Clock::Time Now() { return SteadyClock::Get().Now(); }

double Ms(Clock::Duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

WaitLedger* ledger = nullptr;

WaitBreakdown Spent(const std::function<void()>& work) {
  const Clock::Time start = Now();
  const WaitMark mark = ledger->Begin();
  work();
  const std::optional<WaitBreakdown> spent = ledger->End(mark);
  const Clock::Duration wall = Now() - start;
  Check(spent.has_value(), "a breakdown");
  if (!spent) {
    return {};
  }
  Check(spent->time.on_cpu + spent->time.RunQueue() + spent->time.Blocked() == spent->wall,
        "the parts add up to the wall time", Ms(spent->wall));
  Check(spent->wall <= wall && wall - spent->wall < 20ms, "the wall time is ours", Ms(wall));
  return *spent;
}

bool IsRight(const WaitBreakdown& spent, WaitReason reason, Clock::Duration at_least) {
  const Clock::Duration waited = spent.time.blocked_for(reason);
  // What is missing, it was queued for a CPU: the timer's end is not the thread's.
  return waited >= at_least / 2 && waited + spent.time.RunQueue() + spent.time.on_cpu >= at_least &&
         static_cast<double>(waited.count()) >=
             0.99 * static_cast<double>(spent.time.Blocked().count()) &&
         spent.time.switches_voluntary >= 1;
}

// Of three, since the kernel leaves out a switch now and then, which is counted as `resync`: what
// lies between counts as on_cpu then.
void CheckWait(const char* what, WaitReason reason, Clock::Duration at_least,
               const std::function<void()>& wait) {
  WaitBreakdown spent;
  for (int tries = 0; tries < 3; ++tries) {
    spent = Spent(wait);
    if (IsRight(spent, reason, at_least)) {
      return;
    }
  }
  Check(false, what, Ms(spent.time.blocked_for(reason)));
}

void CheckWaits() {
  CheckWait("sleep", WaitReason::kSleep, 30ms, [] { std::this_thread::sleep_for(30ms); });
  std::array<int, 2> ends{};
  Check(pipe(ends.data()) == 0, "pipe");
  std::vector<std::thread> writers;
  CheckWait("pipe", WaitReason::kIpc, 15ms, [&] {
    writers.emplace_back([&] {
      std::this_thread::sleep_for(20ms);
      Check(write(ends[1], "x", 1) == 1, "write");
    });
    char byte = 0;
    Check(read(ends[0], &byte, 1) == 1, "read");
  });
  for (std::thread& writer : writers) {
    writer.join();
  }
  const WaitBreakdown spun = Spent([] {
    for (const Clock::Time start = Now(); Now() - start < 20ms;) {
    }
  });
  Check(spun.time.on_cpu + spun.time.RunQueue() >= 20ms, "spin", Ms(spun.time.on_cpu));
  Check(spun.time.Blocked() < 2ms, "spin blocks", Ms(spun.time.Blocked()));
}

// A thread that begins after the registration, and one that was there before.
void CheckThreads(pid_t before_tid) {
  std::thread([] {
    CheckWait("new thread", WaitReason::kSleep, 10ms, [] { std::this_thread::sleep_for(10ms); });
  }).join();
  std::vector<WaitLedger::Thread> threads;
  Check(ledger->ReadThreads(Now(), threads), "threads");
  int found = 0;
  for (const WaitLedger::Thread& thread : threads) {
    if (thread.tid == before_tid) {
      ++found;
      Check(thread.counters.Blocked() >= 10ms, "an open wait counts",
            Ms(thread.counters.Blocked()));
    }
  }
  Check(found == 1, "the thread that waits since before", found);
}

int Connect(const std::string& self_socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = self_socket.substr(0, self_socket.rfind('/')) + "/ledger.sock";
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Check(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "connect");
  return fd;
}

__u32 Ask(int fd) {
  const ll_ledger_request request{.version = LL_ABI_VERSION, .reserved = 0};
  ll_ledger_answer answer{};
  Check(write(fd, &request, sizeof request) == sizeof request, "ask");
  Check(read(fd, &answer, sizeof answer) == sizeof answer, "be answered");
  return answer.status;
}

// There is no message by which a process could ask for more than its own, once.
void CheckNoMore(const std::string& self_socket) {
  const int fd = Connect(self_socket);
  const __u32 status = Ask(fd);
  Check(status == LL_LEDGER_TAKEN, "a second ledger is refused", status);
  close(fd);
}

int Flood(const std::string& self_socket) {
  std::set<__u32> seen;
  for (int i = 0; i < 400 && failures == 0; ++i) {
    seen.insert(Ask(Connect(self_socket)));  // Kept open: the first one's ledger stays.
  }
  for (const __u32 status : seen) {
    std::printf("%u ", status);
  }
  return failures;
}

int Run(const std::string& self_socket) {
  std::atomic<pid_t> before_tid{0};
  std::atomic<bool> quit{false};
  std::thread before([&] {
    before_tid = static_cast<pid_t>(gettid());
    quit.wait(false);
  });
  WaitLedger own({.agent_socket = self_socket});
  ledger = &own;
  for (int tries = 0; tries < 500 && own.state() != LedgerState::kOpen; ++tries) {
    own.Poll();
    poll(nullptr, 0, 20);
  }
  Check(own.state() == LedgerState::kOpen, std::string(Name(own.state())).c_str());
  if (failures == 0) {
    CheckWaits();
    CheckThreads(before_tid);
    CheckNoMore(self_socket);
  }
  quit = true;
  quit.notify_all();
  before.join();
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace loadline

int main(int argc, char** argv) {
  const bool flood = argc == 3 && std::strcmp(argv[2], "--flood") == 0;
  if (argc != 2 && !flood) {
    std::fprintf(stderr, "usage: %s SELF_SOCKET [--flood]\n", argv[0]);
    return 2;
  }
  return flood ? loadline::Flood(argv[1]) : loadline::Run(argv[1]);
}
