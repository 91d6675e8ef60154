// SPDX-License-Identifier: Apache-2.0
// Goal: others who measure the same run find the same: the threads' own clocks, a wakeup-based
// runqlat, cpudist and offcputime, which share nothing with us.
// Method: a process waits until all of them are attached, works for three seconds in ways that it
// times itself, and then rests until all of them have been read. What began before or ends after
// counts for nobody: both are waits for a pipe, and the work has none.
#include <bpf/bpf.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/bpf/crowd.h"
#include "tests/bpf/probes_env.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr double kAgree = 0.02;
constexpr Clock::Duration kWork = 3s;
constexpr long kWaitNs = 3'000'000;
constexpr int kThreadsPerKind = 4;
constexpr int kSpinners = 2;

// One way of waiting for kWaitNs.
struct Kind {
  WaitReason reason;
  void (*wait)();
};

timespec Deadline() {
  timespec at{};
  clock_gettime(CLOCK_REALTIME, &at);
  at.tv_nsec += kWaitNs;
  at.tv_sec += at.tv_nsec / 1'000'000'000;
  at.tv_nsec %= 1'000'000'000;
  return at;
}

void WaitAsleep() {
  const timespec time{.tv_sec = 0, .tv_nsec = kWaitNs};
  nanosleep(&time, nullptr);
}

void WaitInPoll() {
  static const int nothing = epoll_create1(0);
  epoll_event event;
  epoll_wait(nothing, &event, 1, kWaitNs / 1'000'000);
}

void WaitForCondition() {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  const timespec until = Deadline();
  pthread_mutex_lock(&mutex);
  pthread_cond_timedwait(&condition, &mutex, &until);
  pthread_mutex_unlock(&mutex);
}

void WaitForLock() {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  const timespec until = Deadline();
  pthread_mutex_timedlock(&mutex, &until);  // Its own: there is no deadlock with a deadline.
  pthread_mutex_unlock(&mutex);
}

constexpr std::array<Kind, 4> kKinds{{{WaitReason::kSleep, WaitAsleep},
                                      {WaitReason::kPoll, WaitInPoll},
                                      {WaitReason::kCondition, WaitForCondition},
                                      {WaitReason::kLock, WaitForLock}}};
constexpr int kWaiters = static_cast<int>(kKinds.size()) * kThreadsPerKind;

// What the process under test tells.
struct Told {
  std::atomic<int> ready;
  std::atomic<int> rests;
  std::array<pid_t, kWaiters> tids;
  std::array<std::int64_t, kWaiters> waited_ns;  // By the thread's own clock around each wait.
};

void Read(int pipe) {
  char byte;
  if (read(pipe, &byte, 1) < 0) {
    _exit(1);
  }
}

class Process {
 public:
  Process() {
    void* shared =
        mmap(nullptr, sizeof(Told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || pipe(go_.data()) != 0 || pipe(rest_.data()) != 0) {
      std::abort();
    }
    told_ = new (shared) Told{};
    pid_ = fork();
    if (pid_ == 0) {
      Live();
    }
  }
  ~Process() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    munmap(told_, sizeof(Told));
    for (const int fd : {go_[0], go_[1], rest_[0], rest_[1]}) {
      close(fd);
    }
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  const Told& told() const { return *told_; }
  bool IsReady() const {
    return Eventually([this] { return told_->ready == kWaiters + kSpinners && AllWait(); });
  }
  bool Work() const {
    const std::string bytes(kWaiters + kSpinners, 'g');
    return write(go_[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
           Eventually([this] { return told_->rests == kWaiters + kSpinners && AllWait(); });
  }

 private:
  bool AllWait() const {
    HostReading reading;
    EXPECT_TRUE(Probes().ReadProcesses({&pid_, 1}, reading).ok());
    for (const ThreadSample& thread : reading.threads) {
      if (thread.state != ThreadState::kBlocked || thread.reason != WaitReason::kIpc) {
        return false;
      }
    }
    return !reading.threads.empty();
  }

  [[noreturn]] void Live() {
    PinToLastCpu();
    std::vector<std::thread> threads;
    for (int i = 0; i < kWaiters + kSpinners; ++i) {
      threads.emplace_back([this, i] {
        if (i < kWaiters) {
          told_->tids[static_cast<std::size_t>(i)] = ThisThread();
        }
        ++told_->ready;
        Read(go_[0]);
        i < kWaiters ? Wait(static_cast<std::size_t>(i)) : TakeTurns();
        ++told_->rests;
        Read(rest_[0]);
      });
    }
    Read(rest_[0]);
    _exit(0);
  }

  void Wait(std::size_t i) {
    const Clock::Time end = Now() + kWork;
    while (Now() < end) {
      const Clock::Time start = Now();
      kKinds[i / kThreadsPerKind].wait();
      told_->waited_ns[i] += (Now() - start).count();
    }
  }

  // One CPU for all: they take turns at it, and what others do there stays the same.
  static void PinToLastCpu() {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) - 1, &set);
    sched_setaffinity(0, sizeof(set), &set);
  }

  // Hands the CPU to and fro: switches of threads that want to go on.
  static void TakeTurns() {
    for (const Clock::Time end = Now() + kWork; Now() < end;) {
      Spin(std::chrono::microseconds{200});
      sched_yield();
    }
  }

  Told* told_;
  std::array<int, 2> go_;
  std::array<int, 2> rest_;
  pid_t pid_;
};

// A tool that traces one process until it is stopped, and then prints.
class Tool {
 public:
  Tool(const std::string& name, pid_t process) : name_(name) {
    char path[] = "/tmp/loadline-oracle-XXXXXX";
    output_ = mkstemp(path);
    path_ = path;
    pid_ = fork();
    if (pid_ == 0) {
      dup2(output_, STDOUT_FILENO);
      dup2(open("/dev/null", O_RDWR), STDERR_FILENO);
      execlp(name.c_str(), name.c_str(), "-p", std::to_string(process).c_str(), nullptr);
      _exit(127);
    }
  }
  ~Tool() {
    Stop();
    close(output_);
    unlink(path_.c_str());
  }
  Tool(const Tool&) = delete;
  Tool& operator=(const Tool&) = delete;

  // Whether it has attached `links` programs. False: it does not run here.
  bool IsAttached(int links) {
    return Eventually([&] { return waitpid(pid_, nullptr, WNOHANG) != 0 || Links() >= links; }) &&
           Links() >= links;
  }

  std::string Stop() {
    if (pid_ > 0) {
      kill(pid_, SIGINT);
      if (!Eventually([this] { return waitpid(pid_, nullptr, WNOHANG) != 0; })) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
      }
      pid_ = -1;
    }
    std::stringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }

 private:
  // What libbpf attaches for a moment, to find out what the kernel can do, has other names.
  static bool IsOnScheduler(__u32 program) {
    const int fd = bpf_prog_get_fd_by_id(program);
    bpf_prog_info info{};
    __u32 length = sizeof(info);
    const bool known = fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &length) == 0;
    close(fd);
    return known && std::string_view(info.name).starts_with("sched_");
  }

  int Links() const {
    int links = 0;
    std::error_code gone;
    for (const auto& file :
         std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/fdinfo", gone)) {
      std::ifstream info(file.path());
      bool link = false;
      __u32 program = 0;
      for (std::string key; info >> key;) {
        link = link || key == "link_type:";
        if (key == "prog_id:") {
          info >> program;
        }
      }
      links += link && IsOnScheduler(program);
    }
    return links;
  }

  std::string name_;
  std::string path_;
  int output_;
  pid_t pid_;
};

// "  4 -> 7   : 11   |****": of all lines, the counts.
double CountsOf(const std::string& histogram) {
  double sum = 0;
  std::istringstream text(histogram);
  for (std::string line; std::getline(text, line);) {
    long long low = 0, high = 0, count = 0;
    if (std::sscanf(line.c_str(), " %lld -> %lld : %lld", &low, &high, &count) == 3) {
      sum += static_cast<double>(count);
    }
  }
  return sum;
}

// Under each stack, a line with nothing but its microseconds.
double SecondsOf(const std::string& stacks) {
  double sum = 0;
  std::istringstream text(stacks);
  for (std::string line; std::getline(text, line);) {
    const std::size_t start = line.find_first_not_of(' ');
    if (start != std::string::npos && start > 0 &&
        line.find_first_not_of("0123456789", start) == std::string::npos) {
      sum += std::atof(line.c_str()) / 1e6;
    }
  }
  return sum;
}

std::map<pid_t, PoolCounters> CountersOf(pid_t process) {
  HostReading reading;
  EXPECT_TRUE(Probes().ReadProcesses({&process, 1}, reading).ok());
  std::map<pid_t, PoolCounters> counters;
  for (const ThreadSample& thread : reading.threads) {
    counters[thread.tid] = thread.counters;
  }
  return counters;
}

void ExpectToAgree(const char* what, double ours, double theirs, const char* unit) {
  std::printf("%-34s ours %10.3f  theirs %10.3f %s  (%+.2f %%)\n", what, ours, theirs, unit,
              (ours / theirs - 1) * 100);
  EXPECT_NEAR(ours, theirs, kAgree * theirs) << what;
}

// What all threads did but to wait for the pipes.
struct Sum {
  double off_cpu = 0;
  double switches = 0;
  double involuntary = 0;
};

Sum SumOf(std::map<pid_t, PoolCounters> before, const std::map<pid_t, PoolCounters>& after) {
  Sum sum;
  for (const auto& [tid, counters] : after) {
    const PoolCounters seen = counters - before[tid];
    sum.off_cpu += Seconds(seen.Blocked() - seen.blocked_for(WaitReason::kIpc) + seen.RunQueue());
    sum.involuntary += static_cast<double>(seen.switches_involuntary);
    sum.switches += static_cast<double>(seen.switches_involuntary + seen.switches_voluntary);
  }
  return sum;
}

void ExpectOwnClocksToAgree(const Told& told, std::map<pid_t, PoolCounters> before,
                            const std::map<pid_t, PoolCounters>& after) {
  for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
    double own = 0, ours = 0;
    for (std::size_t i = kind * kThreadsPerKind; i < (kind + 1) * kThreadsPerKind; ++i) {
      const PoolCounters seen = after.at(told.tids[i]) - before[told.tids[i]];
      own += static_cast<double>(told.waited_ns[i]) / 1e9;
      ours += Seconds(seen.blocked_for(kKinds[kind].reason) + seen.RunQueue() + seen.on_cpu);
    }
    const std::string name(Name(kKinds[kind].reason));
    ExpectToAgree(("own clock around " + name).c_str(), ours, own, "s");
  }
}

// A kernel that hides a process from tracing (docs/kernel.md) hides wakeups and switches beside it
// from the tools as well, and they have no way to make up for that. Such runs say nothing of
// anybody.
constexpr double kMissedMax = 0.003;
constexpr int kTriesMax = 4;

// Whether the run can be compared.
bool CompareOnce(bool& compared) {
  const Process process;
  EXPECT_TRUE(process.IsReady());
  Tool runqlat("runqlat", process.pid());
  Tool cpudist("cpudist", process.pid());
  Tool offcputime("offcputime", process.pid());
  for (auto [tool, links, name] : {std::tuple{&runqlat, 3, "runqlat"},
                                   {&cpudist, 1, "cpudist"},
                                   {&offcputime, 1, "offcputime"}}) {
    if (!tool->IsAttached(links)) {
      std::printf("skipped: needs a %s that runs on this kernel (libbpf-tools)\n", name);
      return false;
    }
  }
  const auto missed_before = Lost(ReadHost(), "resync");
  const auto before = CountersOf(process.pid());
  EXPECT_TRUE(process.Work());
  const auto after = CountersOf(process.pid());
  const auto missed = static_cast<double>(Lost(ReadHost(), "resync") - missed_before);
  const Sum ours = SumOf(before, after);
  std::printf("%.0f switches, %.0f missed on the host\n", ours.switches, missed);
  if (missed > kMissedMax * ours.switches) {
    return true;
  }
  compared = true;
  ExpectOwnClocksToAgree(process.told(), before, after);
  ExpectToAgree("offcputime: time off the CPU", ours.off_cpu, SecondsOf(offcputime.Stop()), "s");
  ExpectToAgree("runqlat: times queued", ours.switches, CountsOf(runqlat.Stop()), "events");
  ExpectToAgree("cpudist: runs that were cut short", ours.involuntary, CountsOf(cpudist.Stop()),
                "events");
  return true;
}

TEST(OraclesTest, OthersMeasureTheSame) {
  bool compared = false;
  for (int tries = 0; tries < kTriesMax && !compared; ++tries) {
    if (!CompareOnce(compared)) {
      GTEST_SKIP() << "a tool is missing";
    }
  }
  if (!compared) {
    GTEST_SKIP() << "this kernel hides a process that is busy from tracing";
  }
}

}  // namespace
}  // namespace loadline::agent
