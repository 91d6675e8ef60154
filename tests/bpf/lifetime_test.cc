// SPDX-License-Identifier: Apache-2.0
// Goal: what was there before the probes is seen, what they cannot hold is counted, and what they
// are told not to say stays unsaid. Method: sources of their own, loaded while threads already
// wait, with little room.
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "agent/src/kernel/bpf_source.h"
#include "tests/bpf/probes_env.h"
#include "tests/bpf/tcp_pair.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;

std::unique_ptr<Source> NewSource(const BpfSource::Options& options = {}) {
  auto source = BpfSource::Create(options);
  EXPECT_TRUE(source.ok()) << source.status();
  return source.ok() ? *std::move(source) : nullptr;
}

const ThreadSample* Find(const HostReading& reading, pid_t tid) {
  for (const ThreadSample& thread : reading.threads) {
    if (thread.tid == tid) {
      return &thread;
    }
  }
  return nullptr;
}

// A thread that waits for an answer from `pair`, and is known to be waiting.
class Client {
 public:
  explicit Client(const TcpPair& pair)
      : pair_(pair), thread_([this] {
          tid_ = ThisThread();
          pair_.Receive();
        }) {
    EXPECT_TRUE(Eventually([this] {
      const auto now = ReadThread(tid_);
      return now && now->reason == WaitReason::kNetwork && now->in_state > 1ms;
    }));
  }
  ~Client() {
    pair_.Answer();
    thread_.join();
  }
  pid_t tid() const { return tid_; }

 private:
  const TcpPair& pair_;
  std::atomic<pid_t> tid_{0};
  std::thread thread_;
};

TEST(LifetimeTest, AWaitThatIsOlderThanTheProbesShowsItsAgeAndItsPeer) {
  const TcpPair pair;
  const Client client(pair);
  const Clock::Time waits_at_least_since = Now();
  Sleep(50ms);
  const auto source = NewSource();
  HostReading reading;
  ASSERT_TRUE(source->ReadHost(reading).ok());
  const ThreadSample* thread = Find(reading, client.tid());
  ASSERT_NE(thread, nullptr);
  EXPECT_EQ(thread->state, ThreadState::kBlocked);
  EXPECT_EQ(thread->reason, WaitReason::kNetwork);
  EXPECT_EQ(thread->peer.text, pair.peer);
  EXPECT_GE(thread->in_state, reading.taken_at - waits_at_least_since - 1ms);
  // What was before the probes is shown, not counted.
  EXPECT_LT(thread->counters.Blocked(), thread->in_state);
}

// Most walks leave out old threads that are blocked: a new wait of one must show its far end even
// so.
TEST(LifetimeTest, AnOldThreadsNewWaitShowsItsPeerInTheNextReading) {
  const TcpPair pair;
  std::atomic<pid_t> tid{0};
  std::atomic<int> received{0};
  std::thread client([&] {
    tid = ThisThread();
    for (char byte; read(pair.client, &byte, 1) == 1 && byte == 'x';) {
      ++received;
    }
  });
  EXPECT_TRUE(Eventually([&] { return tid != 0; }));
  Sleep(1200ms);  // Younger threads are told of in each reading.
  const auto source = NewSource();
  HostReading reading;
  ASSERT_TRUE(source->ReadHost(reading).ok());  // Walks over all, as the next nine do not.
  for (int wait = 1; wait <= 9; ++wait) {
    EXPECT_EQ(write(pair.server, "x", 1), 1);
    EXPECT_TRUE(Eventually([&] {
      const auto now = ReadThread(tid);
      return received == wait && now && now->reason == WaitReason::kNetwork;
    }));
    ASSERT_TRUE(source->ReadHost(reading).ok());
    const ThreadSample* thread = Find(reading, tid);
    EXPECT_TRUE(thread != nullptr && thread->peer.text == pair.peer) << "wait " << wait;
  }
  EXPECT_EQ(write(pair.server, "q", 1), 1);
  client.join();
}

TEST(LifetimeTest, ThreadsBeyondTheRoomAreCounted) {
  const auto source = NewSource({.threads_max = 64});
  HostReading reading;
  ASSERT_TRUE(source->ReadHost(reading).ok());
  ASSERT_TRUE(source->ReadHost(reading).ok());
  EXPECT_LE(reading.threads.size(), 64u);
  EXPECT_GT(Lost(reading, "slots_full"), 0u);
  EXPECT_GT(Lost(reading, "threads_without_slot"), 0u);
}

// The slot of the thread in the array of the one source of this process that gave it one.
std::pair<int, __u32> SlotOf(pid_t tid, ll_slot& slot) {
  for (__u32 id = 0; bpf_map_get_next_id(id, &id) == 0;) {
    const int map = bpf_map_get_fd_by_id(id);
    bpf_map_info info{};
    __u32 length = sizeof(info);
    if (map >= 0 && bpf_obj_get_info_by_fd(map, &info, &length) == 0 && info.max_entries == 4001 &&
        std::string_view(info.name) == "ll_slots") {
      for (__u32 i = 1; i < info.max_entries; ++i) {
        if (bpf_map_lookup_elem(map, &i, &slot) == 0 && slot.tid == static_cast<__u32>(tid)) {
          return {map, i};
        }
      }
    }
    close(map);
  }
  return {-1, 0};
}

// As where its CPU stands still in the middle of a switch.
TEST(LifetimeTest, AThreadWhoseSwitchDoesNotEndIsLeftOutAndCounted) {
  std::atomic<pid_t> tid{0};
  std::atomic<bool> quit{false};
  std::thread sleeper([&] {
    tid = ThisThread();
    quit.wait(false);
  });
  EXPECT_TRUE(Eventually([&] { return tid != 0; }));
  Sleep(20ms);  // It sleeps by then, and nobody writes its slot.
  const auto source = NewSource({.threads_max = 4000});
  HostReading before, stalled, after;
  ASSERT_TRUE(source->ReadHost(before).ok());
  ll_slot slot{};
  const auto [map, index] = SlotOf(tid, slot);
  ASSERT_GE(map, 0);
  ++slot.seq;
  EXPECT_EQ(bpf_map_update_elem(map, &index, &slot, BPF_ANY), 0);
  EXPECT_TRUE(source->ReadHost(stalled).ok());
  ++slot.seq;
  EXPECT_EQ(bpf_map_update_elem(map, &index, &slot, BPF_ANY), 0);
  EXPECT_TRUE(source->ReadHost(after).ok());
  close(map);
  EXPECT_NE(Find(before, tid), nullptr);
  EXPECT_EQ(Find(stalled, tid), nullptr);
  EXPECT_GE(Lost(stalled, "switch_stalled"), Lost(before, "switch_stalled") + 1);
  EXPECT_NE(Find(after, tid), nullptr);
  quit = true;
  quit.notify_all();
  sleeper.join();
}

TEST(LifetimeTest, OptionsOutOfRangeAreRefused) {
  EXPECT_TRUE(BpfSource::Create({.threads_max = 64}).ok());
  for (const int threads_max : {63, 0, -1, (1 << 20) + 1}) {
    const auto refused = BpfSource::Create({.threads_max = threads_max});
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(refused.status().message().find(std::to_string(threads_max)), std::string::npos);
  }
}

TEST(LifetimeTest, LibbpfIsHeardOnlyWhenSomebodyListens) {
  static std::atomic<int> lines;
  lines = 0;
  testing::internal::CaptureStderr();
  NewSource();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  NewSource({.log = [](std::string_view) { ++lines; }});
  EXPECT_GT(lines, 0);
}

// A thread that is not the first, and executes another program, takes over the first one's
// identity.
TEST(LifetimeTest, ExecByAnotherThreadKeepsOneThreadPerIdentity) {
  const pid_t child = fork();
  if (child == 0) {
    std::thread([] { execl("/bin/sleep", "sleep", "60", nullptr); }).detach();
    pause();
    _exit(1);
  }
  ASSERT_TRUE(Eventually([child] {
    const auto thread = ReadThread(child, child);
    return thread && thread->name == "sleep" && thread->reason == WaitReason::kSleep;
  }));
  int threads = 0;
  for (const ThreadSample& thread : ReadHost().threads) {
    threads += thread.tgid == child;
  }
  EXPECT_EQ(threads, 1);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace loadline::agent
