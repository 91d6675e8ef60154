// SPDX-License-Identifier: Apache-2.0
// Goal: a process whose first thread has ended is still itself: its name, its number, its
// container, and a ledger if it asks for one. Method: a child whose main() leaves before anybody
// reads, seen by each source through the agent's own sampler.
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "agent/src/daemon/host_sampler.h"
#include "agent/src/kernel/bpf_source.h"
#include "agent/src/kernel/iter_source.h"
#include "agent/src/sampler/proc_container.h"
#include "agent/src/sampler/proc_source.h"
#include "loadline/steady_clock.h"
#include "tests/bpf/probes_env.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;

constexpr int kCpus = 2;

std::string TextOf(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A process whose first thread was called "leaver"; "stayer" sleeps on.
class Orphans {
 public:
  Orphans() : pid_(fork()) {
    if (pid_ == 0) {
      pthread_setname_np(pthread_self(), "leaver");
      std::thread([] {
        pthread_setname_np(pthread_self(), "stayer");
        for (;;) {
          Sleep(10ms);
        }
      }).detach();
      syscall(SYS_exit, 0);  // Of this thread alone; pthread_exit() unwinds through the test.
    }
    EXPECT_TRUE(Eventually([this] {
      return TextOf("/proc/" + std::to_string(pid_) + "/stat").find("(leaver) Z") !=
             std::string::npos;
    }));
  }
  ~Orphans() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

using OpenSource = std::function<absl::StatusOr<std::unique_ptr<Source>>()>;

const std::map<std::string, OpenSource>& Sources() {
  static const auto& sources = *new std::map<std::string, OpenSource>{
      {"Bpf", [] { return BpfSource::Create(); }},
      {"Iter", [] { return IterSource::Create(kCpus); }},
      {"Proc",
       []() -> absl::StatusOr<std::unique_ptr<Source>> {
         return ProcSource::Create({.clock = &SteadyClock::Get(), .cpus = kCpus});
       }},
  };
  return sources;
}

class FirstThreadTest : public ::testing::TestWithParam<std::string> {};

TEST_P(FirstThreadTest, AProcessKeepsItsNameAndContainerWithoutOne) {
  const Orphans orphans;
  auto source = Sources().at(GetParam())();
  ASSERT_TRUE(source.ok()) << source.status();
  const Registry registry({}, SteadyClock::Get());
  ViewBoard board;
  HostSampler sampler({.own_tgid = getpid(), .cpus = kCpus}, **source, registry, board,
                      SteadyClock::Get());
  for (int reading = 0; reading < 3; ++reading) {
    ASSERT_TRUE(sampler.Read().ok());
    int rows = 0;
    for (const PoolRow& row : board.Read().rows) {
      if (row.pid != orphans.pid()) {
        continue;
      }
      ++rows;
      EXPECT_EQ(row.process, "leaver");
      EXPECT_EQ(row.pool, "stayer");
      EXPECT_EQ(row.pid_inner, orphans.pid());
      EXPECT_EQ(row.container, ContainerName(TextOf("/proc/self/cgroup")));
    }
    EXPECT_EQ(rows, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Sources, FirstThreadTest, ::testing::Values("Bpf", "Iter", "Proc"),
                         [](const auto& source) { return source.param; });

TEST(FirstThreadLedgerTest, AProcessWithoutOneHasALedger) {
  const Orphans orphans;
  Ledgers& ledgers = *Probes().ledgers();
  ASSERT_TRUE(ledgers.Open(orphans.pid()).ok());
  const pid_t of[] = {orphans.pid()};
  HostReading reading;
  ASSERT_TRUE(Probes().ReadProcesses(of, reading).ok());
  EXPECT_EQ(reading.threads.size(), 1u);
  ledgers.Close(orphans.pid());
}

}  // namespace
}  // namespace loadline::agent
