// SPDX-License-Identifier: Apache-2.0
// Goal: without a hook, CPU time is exact, and who waits now is seen with its reason and its peer.
// Method: threads whose waits are known and that read their own clocks; the descriptors of this
// process tell what was loaded.
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "agent/src/kernel/iter_source.h"
#include "tests/bpf/probes_env.h"
#include "tests/bpf/tcp_pair.h"

namespace loadline::agent {

absl::StatusOr<std::unique_ptr<Source>> OpenTestSource() {
  return IterSource::Create(static_cast<int>(std::thread::hardware_concurrency()));
}

namespace {

using std::chrono_literals::operator""ms;

// A thread that does one thing; its number is known when it is constructed.
class Worker {
 public:
  explicit Worker(const std::function<void()>& work)
      : thread_([this, work] {
          tid_ = ThisThread();
          work();
        }) {
    EXPECT_TRUE(Eventually([this] { return tid_ != 0; }));
  }
  ~Worker() { Join(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  void Join() {
    if (thread_.joinable()) {
      thread_.join();
    }
  }
  pid_t tid() const { return tid_; }

 private:
  std::atomic<pid_t> tid_ = 0;
  std::thread thread_;
};

// The thread, as soon as it is seen to wait for `reason`.
std::optional<ThreadSample> SeenWaiting(const Worker& worker, WaitReason reason) {
  std::optional<ThreadSample> sample;
  EXPECT_TRUE(Eventually([&] {
    sample = ReadThread(worker.tid());
    return sample && sample->state == ThreadState::kBlocked && sample->reason == reason;
  })) << "last seen in state "
      << (sample ? static_cast<int>(sample->state) : -1) << " for reason "
      << (sample ? static_cast<int>(sample->reason) : -1);
  return sample;
}

std::vector<int> DescriptorsOf(const std::string& kind) {
  std::vector<int> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (std::filesystem::read_symlink(entry.path(), gone).string().find(kind) !=
        std::string::npos) {
      found.push_back(std::stoi(entry.path().filename()));
    }
  }
  return found;
}

TEST(IterTest, NothingIsAttachedAndNoThreadHasStorage) {
  ReadHost();
  EXPECT_TRUE(DescriptorsOf("bpf_link").empty());
  EXPECT_TRUE(DescriptorsOf("perf_event").empty());
  std::vector<std::string> programs;
  for (const int fd : DescriptorsOf("bpf-prog")) {
    bpf_prog_info info{};
    __u32 size = sizeof(info);
    ASSERT_EQ(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
    programs.emplace_back(info.name);
  }
  std::ranges::sort(programs);
  EXPECT_EQ(programs,
            (std::vector<std::string>{"ll_find_sockets", "ll_look_at", "ll_read_sockets"}));
  for (const int fd : DescriptorsOf("bpf-map")) {
    bpf_map_info info{};
    __u32 size = sizeof(info);
    ASSERT_EQ(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
    EXPECT_NE(info.type, BPF_MAP_TYPE_TASK_STORAGE) << info.name;
  }
}

TEST(IterTest, CpuTimeIsThatOfTheThreadsOwnClock) {
  std::atomic<int> stage = 0;  // Never 2: a futex that holds it looks like a contended mutex.
  std::atomic<std::int64_t> own_ns = 0;
  const auto own = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
  };
  Worker worker([&] {
    stage.wait(0);
    const std::int64_t began = own();
    while (own() - began < 500'000'000) {
    }
    own_ns = own() - began;
    stage = 20;
    stage.notify_all();
    stage.wait(20);
  });
  const std::optional<ThreadSample> before = SeenWaiting(worker, WaitReason::kSync);
  const Clock::Time began = Now();
  stage = 10;
  stage.notify_all();
  ASSERT_TRUE(Eventually([&] { return stage == 20; }));
  const std::optional<ThreadSample> after = SeenWaiting(worker, WaitReason::kSync);
  const Clock::Duration wall = Now() - began;
  stage = 30;
  stage.notify_all();
  ASSERT_TRUE(before && after);
  const auto ran = static_cast<double>((after->counters.on_cpu - before->counters.on_cpu).count());
  EXPECT_NEAR(ran / static_cast<double>(own_ns), 1.0, 0.02);
  const Clock::Duration all = after->counters.on_cpu + after->counters.RunQueue() +
                              after->counters.Blocked() - before->counters.on_cpu -
                              before->counters.RunQueue() - before->counters.Blocked();
  EXPECT_NEAR(static_cast<double>(all.count()) / static_cast<double>(wall.count()), 1.0, 0.05);
}

TEST(IterTest, AThreadThatSleepsIsSeenToSleep) {
  Worker worker([] { Sleep(2'000ms); });
  EXPECT_TRUE(SeenWaiting(worker, WaitReason::kSleep));
}

TEST(IterTest, AThreadThatWaitsForAMutexIsSeenAtItsFutex) {
  std::mutex mutex;
  mutex.lock();
  Worker worker([&] { const std::lock_guard lock(mutex); });
  const std::optional<ThreadSample> seen = SeenWaiting(worker, WaitReason::kLock);
  mutex.unlock();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->futex, reinterpret_cast<std::uint64_t>(mutex.native_handle()));
}

TEST(IterTest, AThreadOnARegisteredAddressIsIdle) {
  std::atomic<int> word = 0;
  Worker worker([&] { word.wait(0); });
  ASSERT_TRUE(SeenWaiting(worker, WaitReason::kSync));
  const std::optional<ThreadSample> seen = ReadThread(worker.tid());
  ASSERT_TRUE(seen);
  EXPECT_TRUE(Probes().AddIdleAddresses(getpid(), seen->futex, 1).ok());
  EXPECT_TRUE(SeenWaiting(worker, WaitReason::kIdle));
  Probes().RemoveProcess(getpid());
  word = 1;
  word.notify_all();
}

TEST(IterTest, AThreadThatReceivesIsSeenWithItsPeer) {
  TcpPair pair;
  Worker worker([&] { pair.Receive(); });
  const std::optional<ThreadSample> seen = SeenWaiting(worker, WaitReason::kNetwork);
  pair.Answer();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->peer.text, pair.peer);
}

std::int64_t VoluntarySwitches(pid_t tid) {
  std::ifstream status("/proc/self/task/" + std::to_string(tid) + "/status");
  std::int64_t voluntary = -1;
  for (std::string word; status >> word;) {
    if (word == "voluntary_ctxt_switches:") {
      status >> voluntary;
    }
  }
  return voluntary;
}

TEST(IterTest, SwitchesAreThoseOfTheKernel) {
  ReadHost();  // A thread that begins after it counts from zero.
  Sleep(20ms);
  Worker worker([] {
    for (int i = 0; i < 50; ++i) {
      Sleep(2ms);
    }
  });
  std::int64_t seen = 0;
  ASSERT_TRUE(Eventually([&] {
    const std::int64_t before = VoluntarySwitches(worker.tid());
    const std::optional<ThreadSample> sample = ReadThread(worker.tid());
    if (!sample || VoluntarySwitches(worker.tid()) != before) {
      return false;
    }
    EXPECT_EQ(sample->counters.switches_voluntary, before);
    seen = before;
    return seen >= 20;
  }));
}

TEST(IterTest, AThreadThatIsGoneIsReportedOnce) {
  ReadHost();
  {
    Worker worker([] {
      pthread_setname_np(pthread_self(), "leaver-1");
      Sleep(300ms);
    });
    ASSERT_TRUE(SeenWaiting(worker, WaitReason::kSleep));
  }
  const auto leavers = [](const HostReading& reading) {
    std::int64_t threads = 0;
    for (const ExitedThreads& exited : reading.exited) {
      threads += exited.tgid == getpid() && exited.name == "leaver-*" ? exited.threads : 0;
    }
    return threads;
  };
  EXPECT_EQ(leavers(ReadHost()), 1);
  EXPECT_EQ(leavers(ReadHost()), 0);
}

TEST(IterTest, AProcessThatIsGoneHasNoThreads) {
  const pid_t nobody[] = {(1 << 22) - 1};
  HostReading reading;
  EXPECT_TRUE(Probes().ReadProcesses(nobody, reading).ok());
  EXPECT_TRUE(reading.threads.empty());
}

}  // namespace
}  // namespace loadline::agent
