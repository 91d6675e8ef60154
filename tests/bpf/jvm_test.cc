// SPDX-License-Identifier: Apache-2.0
// Goal: a wait for a lock inside a Java virtual machine is never taken for a hand-off, let alone
// for idleness: all that can be known of it is `sync`. Method: a Java program whose threads wait
// for locks and say how long.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "agent/src/kernel/bpf_source.h"
#include "tests/bpf/probes_env.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""s;

// The program beside us, through two pipes. It is ended with us, or by the alarm of its own that
// survives exec.
class Java {
 public:
  Java() {
    int to[2];
    int from[2];
    if (pipe(to) != 0 || pipe(from) != 0) {
      std::abort();
    }
    child_ = fork();
    if (child_ == 0) {
      dup2(to[0], STDIN_FILENO);
      dup2(from[1], STDOUT_FILENO);
      for (const int fd : {to[0], to[1], from[0], from[1]}) {
        close(fd);
      }
      alarm(120);
      execl(LOADLINE_JAVA, "java", "-Xshare:auto", "-XX:+UseSerialGC", "-cp", LOADLINE_JAVA_CLASSES,
            "WaitForLocks", nullptr);
      _exit(127);
    }
    close(to[0]);
    close(from[1]);
    in_ = fdopen(to[1], "w");
    out_ = fdopen(from[0], "r");
  }
  ~Java() {
    std::fclose(in_);
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    std::fclose(out_);
  }
  pid_t pid() const { return child_; }
  void Go() const {
    std::fputs("\n", in_);
    std::fflush(in_);
  }
  std::string Line() const {
    char line[256] = "";
    return std::fgets(line, sizeof(line), out_) == nullptr ? "" : line;
  }

 private:
  pid_t child_;
  FILE* in_;
  FILE* out_;
};

std::map<std::string, ThreadSample> ByName(Source& source, pid_t process) {
  HostReading reading;
  EXPECT_TRUE(source.ReadProcesses({&process, 1}, reading).ok());
  std::map<std::string, ThreadSample> threads;
  for (ThreadSample& thread : reading.threads) {
    threads[std::string(thread.name)] = std::move(thread);
  }
  return threads;
}

void ExpectLocksToBeSync(Source& source, const Java& java) {
  auto before = ByName(source, java.pid());
  java.Go();
  for (const char* name : {"monitor", "reentrant"}) {
    const double own = std::atof(java.Line().c_str()) / 1e9;
    ASSERT_GT(own, 0.2) << name;
    const ThreadSample after = ByName(source, java.pid()).at(name);
    const PoolCounters seen = after.counters - before.at(name).counters;
    const double in_class = Seconds(seen.blocked_for(WaitReason::kSync));
    std::printf("%-10s %.3f s sync of %.3f s blocked, %.3f s by its own clock\n", name, in_class,
                Seconds(seen.Blocked()), own);
    EXPECT_GE(in_class, 0.99 * Seconds(seen.Blocked())) << name;
    EXPECT_LE(in_class, own * 1.01) << name;
    EXPECT_GE(in_class + Seconds(seen.RunQueue() + seen.on_cpu), own * 0.99) << name;
  }
}

TEST(JvmTest, WaitsForMonitorsAndReentrantLocksAreSync) {
  const Java java;
  ASSERT_EQ(java.Line(), "ready\n");
  ExpectLocksToBeSync(Probes(), java);
}

TEST(JvmTest, AMachineOlderThanTheProbesIsRecognisedWithinTwoReadings) {
  const Java java;
  ASSERT_EQ(java.Line(), "ready\n");
  const auto later = BpfSource::Create();  // Takes the first reading itself.
  ASSERT_TRUE(later.ok()) << later.status();
  HostReading reading;
  ASSERT_TRUE((*later)->ReadHost(reading).ok());
  ExpectLocksToBeSync(**later, java);
}

}  // namespace
}  // namespace loadline::agent
