// SPDX-License-Identifier: Apache-2.0
// Goal: exec by a thread that is not the first takes nothing from anybody: what the old program's
// threads used stays with their pools, and the new program begins at what it uses itself.
// Method: processes whose first thread has run for longer than the one that executes, and for
// shorter, against the kernel's own clocks; by each source, and without the events of threads.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "agent/src/kernel/bpf_source.h"
#include "agent/src/kernel/iter_source.h"
#include "agent/src/model/host_model.h"
#include "agent/src/sampler/proc_source.h"
#include "loadline/steady_clock.h"
#include "tests/bpf/probes_env.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;

constexpr int kCpus = 2;

void BurnForMs(int ms) {
  timespec ran{};
  do {
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ran);
  } while (ran.tv_sec * 1000 + ran.tv_nsec / 1'000'000 < ms);
}

// Its first thread runs for so long, then its second, which then executes a shell when it is told
// to.
class Process {
 public:
  Process(int first_ms, int second_ms) {
    EXPECT_EQ(pipe(go_), 0);
    EXPECT_EQ(pipe(ready_), 0);
    pid_ = fork();
    if (pid_ == 0) {
      Live(first_ms, second_ms);
    }
    EXPECT_EQ(read(ready_[0], &second_, sizeof second_), ssize_t{sizeof second_});
    Sleep(20ms);  // It waits.
  }
  ~Process() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    for (const int end : {go_[0], go_[1], ready_[0], ready_[1]}) {
      close(end);
    }
  }

  // Returns when the shell has run for a while and waits.
  void Execute() {
    EXPECT_EQ(write(go_[1], "x", 1), 1);
    char byte = 0;
    EXPECT_EQ(read(ready_[0], &byte, 1), 1);
    Sleep(50ms);
  }
  // Of a thread, as the kernel says.
  Clock::Duration Ran(pid_t tid) const {
    std::ifstream file("/proc/" + std::to_string(pid_) + "/task/" + std::to_string(tid) +
                       "/schedstat");
    std::int64_t ns = -1;
    file >> ns;
    return Clock::Duration(ns);
  }
  pid_t pid() const { return pid_; }
  pid_t second() const { return second_; }

 private:
  [[noreturn]] void Live(int first_ms, int second_ms) {
    pthread_setname_np(pthread_self(), "first");
    BurnForMs(first_ms);
    std::thread([&] {
      pthread_setname_np(pthread_self(), "second");
      BurnForMs(second_ms);
      const pid_t self = ThisThread();
      char byte = 0;
      if (write(ready_[1], &self, sizeof self) == ssize_t{sizeof self} &&
          read(go_[0], &byte, 1) == 1) {
        dup2(ready_[1], STDOUT_FILENO);
        dup2(go_[0], STDIN_FILENO);
        execl("/bin/sh", "sh", "-c",
              "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; printf x; read line", nullptr);
      }
      _exit(1);
    }).join();
    _exit(1);
  }

  int go_[2];
  int ready_[2];
  pid_t pid_ = 0;
  pid_t second_ = 0;
};

using OpenSource = std::function<absl::StatusOr<std::unique_ptr<Source>>()>;

const std::map<std::string, OpenSource>& Sources() {
  static const auto& sources = *new std::map<std::string, OpenSource>{
      {"Bpf", [] { return BpfSource::Create(); }},
      {"BpfWithoutEvents", [] { return BpfSource::Create({.thread_events = false}); }},
      {"Iter", [] { return IterSource::Create(kCpus); }},
      {"Proc",
       []() -> absl::StatusOr<std::unique_ptr<Source>> {
         return ProcSource::Create({.clock = &SteadyClock::Get(), .cpus = kCpus});
       }},
  };
  return sources;
}

// Readings of a source, added up by pool as the agent does.
class Reader {
 public:
  explicit Reader(const std::string& source) {
    auto opened = Sources().at(source)();
    EXPECT_TRUE(opened.ok()) << opened.status();
    source_ = *std::move(opened);
  }
  void Read(pid_t pid) {
    HostReading reading;
    const absl::Status status = source_->ReadHost(reading);
    EXPECT_TRUE(status.ok()) << status;
    for (const PoolRow& row : model_.Update(reading, {})) {
      if (row.pid == pid) {
        ran_[row.pool] = row.totals.on_cpu;
      }
    }
  }
  Clock::Duration Ran(const std::string& pool) { return ran_[pool]; }

 private:
  std::unique_ptr<Source> source_;
  HostModel model_{{.own_tgid = getpid(), .cpus = kCpus}};
  std::map<std::string, Clock::Duration> ran_;
};

class ExecTest : public ::testing::TestWithParam<std::string> {
 protected:
  static void ExpectNear(Clock::Duration counted, Clock::Duration truth, const char* what) {
    EXPECT_GE(counted, truth - 20ms) << what;
    EXPECT_LE(counted, truth + 20ms) << what;
  }

  // The host is read before the exec and after it.
  static void Check(int first_ms, int second_ms) {
    Reader reader(GetParam());
    reader.Read(0);
    Sleep(20ms);  // /proc counts starts in 10 ms: it is to begin after the reading.
    Process process(first_ms, second_ms);
    const pid_t pid = process.pid();
    reader.Read(pid);
    const Clock::Duration first = process.Ran(pid);
    const Clock::Duration second = process.Ran(process.second());
    process.Execute();
    reader.Read(pid);
    Sleep(200ms);
    reader.Read(pid);
    reader.Read(pid);
    const Clock::Duration shell = process.Ran(pid) - second;
    ASSERT_GT(shell, 50ms);
    ExpectNear(reader.Ran("first"), first, "first");
    if (GetParam() == "BpfWithoutEvents") {  // Until a reading finds out, it is the old program.
      ExpectNear(reader.Ran("second") + reader.Ran("sh"), second + shell, "second and sh");
      return;
    }
    ExpectNear(reader.Ran("second"), second, "second");
    ExpectNear(reader.Ran("sh"), shell, "sh");
  }
};

TEST_P(ExecTest, AfterAFirstThreadThatRanForLonger) { Check(600, 50); }

TEST_P(ExecTest, AfterAFirstThreadThatRanForShorter) { Check(50, 900); }

TEST_P(ExecTest, AfterAFirstThreadThatRanAsLong) { Check(200, 210); }

INSTANTIATE_TEST_SUITE_P(Sources, ExecTest,
                         ::testing::Values("Bpf", "BpfWithoutEvents", "Iter", "Proc"),
                         [](const auto& source) { return source.param; });

}  // namespace
}  // namespace loadline::agent
