// SPDX-License-Identifier: Apache-2.0
// Goal: of a lock that says who has it the holder is known, while others wait and in what they have
// waited; of anything else nobody is named. Method: a program of two threads or processes for each
// kind of lock, and for words that look like one, says who has what; so it does in a pid namespace
// of its own, where tids are small numbers.
#include <bpf/btf.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "agent/src/kernel/bpf_source.h"
#include "agent/src/kernel/lock_owners.h"
#include "tests/bpf/probes_env.h"

namespace loadline::agent {

absl::StatusOr<std::unique_ptr<Source>> OpenTestSource() { return BpfSource::Create(); }

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

struct Pair {
  std::string name;
  pid_t waits = 0;  // As the program sees them.
  pid_t has = 0;
  bool tells = false;
  std::uintptr_t object = 0;
  std::size_t size = 0;

  bool Contains(std::uint64_t address) const {
    return address >= object && address < object + size;
  }
};

// The program, in this pid namespace or in a new one.
class Client {
 public:
  Client(const char* mode, bool nested) {
    int in[2];
    int out[2];
    EXPECT_EQ(pipe2(in, O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(out, O_CLOEXEC), 0);
    int pids[2];
    EXPECT_EQ(pipe2(pids, O_CLOEXEC), 0);
    outer_ = fork();
    if (outer_ == 0) {
      if (nested && unshare(CLONE_NEWPID) != 0) {
        _exit(1);
      }
      const pid_t inner = fork();
      if (inner == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        execl(LOADLINE_LOCK_CLIENT, LOADLINE_LOCK_CLIENT, mode, nullptr);
        _exit(1);
      }
      close(in[1]);  // Whose end is the program's.
      const bool told = write(pids[1], &inner, sizeof(inner)) == sizeof(inner);
      waitpid(inner, nullptr, 0);
      _exit(told ? 0 : 1);
    }
    EXPECT_EQ(read(pids[0], &pid_, sizeof(pid_)), static_cast<ssize_t>(sizeof(pid_)));
    for (const int fd : {in[0], out[1], pids[0], pids[1]}) {
      close(fd);
    }
    to_ = in[1];
    from_ = fdopen(out[0], "r");
    Hear();
    namespace_ = PidNamespaceInProc(pid_);
  }
  ~Client() {
    close(to_);
    std::fclose(from_);
    waitpid(outer_, nullptr, 0);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  const std::vector<Pair>& pairs() const { return pairs_; }

  const ThreadSample* Find(const HostReading& reading, pid_t tid_inner) const {
    const auto is_it = [&](const ThreadSample& thread) {
      return thread.tid_inner == tid_inner && !thread.kernel &&
             PidNamespaceInProc(thread.tgid) == namespace_;
    };
    const auto found = std::ranges::find_if(reading.threads, is_it);
    return found == reading.threads.end() ? nullptr : &*found;
  }

 private:
  void Hear() {
    char line[256];
    while (std::fgets(line, sizeof(line), from_) != nullptr && std::string(line) != "ready\n") {
      Pair pair;
      std::istringstream text(line);
      text >> pair.name >> pair.waits >> pair.has >> pair.tells >> std::hex >> pair.object >>
          std::dec >> pair.size;
      pairs_.push_back(std::move(pair));
    }
    EXPECT_GT(pairs_.size(), 30u);
  }

  pid_t outer_ = 0;
  pid_t pid_ = 0;
  int to_ = -1;
  std::FILE* from_ = nullptr;
  std::string namespace_;
  std::vector<Pair> pairs_;
};

class LockOwnerTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!Probes().cannot_know().empty()) {
      GTEST_SKIP() << "this kernel has no programs that may sleep";
    }
  }
};

TEST_P(LockOwnerTest, WhoHoldsALockThatTellsIsKnownWhileItIsWaitedFor) {
  const Client client("hold", GetParam());
  HostReading reading;
  EXPECT_TRUE(Eventually([&] {
    reading = ReadHost();
    return std::ranges::all_of(client.pairs(), [&](const Pair& pair) {
      const ThreadSample* waits = client.Find(reading, pair.waits);
      return waits != nullptr && waits->state == ThreadState::kBlocked && waits->futex != 0;
    });
  }));
  for (const Pair& pair : client.pairs()) {
    const ThreadSample* waits = client.Find(reading, pair.waits);
    const ThreadSample* has = client.Find(reading, pair.has);
    ASSERT_TRUE(waits != nullptr && has != nullptr) << pair.name;
    EXPECT_EQ(waits->lock_owner, pair.tells ? has->tid : 0) << pair.name;
    EXPECT_EQ(has->lock_owner, 0) << pair.name;
  }
  EXPECT_EQ(Lost(reading, "lock_words_late"), 0u);
}

TEST_P(LockOwnerTest, WhoHeldALockThatTellsIsKnownOfWaitsThatEnded) {
  const Client client("turns", GetParam());
  std::map<std::string, std::set<pid_t>> owners;
  ReadHost();
  for (int i = 0; i < 5; ++i) {
    Sleep(500ms);
    const HostReading reading = ReadHost();
    for (const Pair& pair : client.pairs()) {
      const ThreadSample* waits = client.Find(reading, pair.waits);
      ASSERT_NE(waits, nullptr) << pair.name;
      for (const FutexWaits& sum : reading.futexes) {
        if (sum.tgid == waits->tgid && pair.Contains(sum.address) && sum.owner != 0) {
          owners[pair.name].insert(sum.owner);
        }
      }
    }
  }
  const HostReading reading = ReadHost();
  for (const Pair& pair : client.pairs()) {
    std::set<pid_t>& found = owners[pair.name];
    const pid_t has = client.Find(reading, pair.has)->tid;
    EXPECT_EQ(found.contains(has), pair.tells) << pair.name;
    if (pair.tells) {  // It may find it taken as well, when it wants it back.
      found.erase(has);
      found.erase(client.Find(reading, pair.waits)->tid);
    }
    EXPECT_EQ(found, std::set<pid_t>()) << pair.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Namespaces, LockOwnerTest, testing::Bool(),
                         [](const auto& where) { return where.param ? "Nested" : "Own"; });

// A page that is never there: whoever wants to read it waits.
class MissingPage {
 public:
  MissingPage() : fd_(static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC))) {
    uffdio_api api{};
    api.api = UFFD_API;
    uffdio_register range{};
    range.range = {.start = reinterpret_cast<std::uintptr_t>(memory_), .len = kSize};
    range.mode = UFFDIO_REGISTER_MODE_MISSING;
    ok_ = fd_ >= 0 && ioctl(fd_, UFFDIO_API, &api) == 0 && ioctl(fd_, UFFDIO_REGISTER, &range) == 0;
  }
  ~MissingPage() {
    close(fd_);
    munmap(memory_, kSize);
  }
  MissingPage(const MissingPage&) = delete;
  MissingPage& operator=(const MissingPage&) = delete;

  bool ok() const { return ok_; }
  const void* memory() const { return memory_; }
  void Appear() const {
    uffdio_zeropage zero{};
    zero.range = {.start = reinterpret_cast<std::uintptr_t>(memory_), .len = kSize};
    EXPECT_EQ(ioctl(fd_, UFFDIO_ZEROPAGE, &zero), 0);
  }

 private:
  static constexpr std::size_t kSize = 4096;
  void* memory_ = mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int fd_;
  bool ok_ = false;
};

// Whether the kernel says which of its locks a thread waits for: its types have the field.
bool KernelNamesLocks() {
  const std::unique_ptr<btf, decltype(&btf__free)> kernel(
      btf__parse("/sys/kernel/btf/vmlinux", nullptr), btf__free);
  const int id =
      kernel == nullptr ? 0 : btf__find_by_name_kind(kernel.get(), "task_struct", BTF_KIND_STRUCT);
  if (id <= 0) {
    return false;
  }
  const btf_type* type = btf__type_by_id(kernel.get(), static_cast<__u32>(id));
  const std::span members(btf_members(type), btf_vlen(type));
  return std::ranges::any_of(members, [&](const btf_member& member) {
    return std::string_view(btf__name_by_offset(kernel.get(), member.name_off)) == "blocker";
  });
}

// Whoever writes to a pipe copies with the pipe's mutex held.
TEST(KernelLockOwnerTest, WhoHoldsALockOfTheKernelIsKnown) {
  const MissingPage page;
  if (!page.ok()) {
    GTEST_SKIP() << "userfaultfd is refused";
  }
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::atomic<pid_t> has{0};
  std::atomic<pid_t> waits{0};
  std::thread holder([&] {
    has = ThisThread();
    EXPECT_EQ(write(ends[1], page.memory(), 1), 1);
  });
  ASSERT_TRUE(Eventually([&] {
    const auto thread = has == 0 ? std::nullopt : ReadThread(has);
    return thread && thread->state == ThreadState::kBlocked;
  }));
  std::thread waiter([&] {
    waits = ThisThread();
    EXPECT_EQ(write(ends[1], "x", 1), 1);
  });
  bool blocked = false;
  const bool known = Eventually(
      [&] {
        for (const ThreadSample& thread : ReadHost().threads) {
          if (waits != 0 && thread.tid == waits && thread.state == ThreadState::kBlocked) {
            blocked = true;
            EXPECT_TRUE(thread.lock_owner == 0 || thread.lock_owner == has);
            return thread.lock_owner == has;
          }
        }
        return false;
      },
      3s);
  page.Appear();
  holder.join();
  waiter.join();
  close(ends[0]);
  close(ends[1]);
  EXPECT_TRUE(blocked);
  if (!known && !KernelNamesLocks()) {
    GTEST_SKIP() << "this kernel does not say which of its locks is waited for (before 6.16)";
  }
  EXPECT_TRUE(known);
}

}  // namespace
}  // namespace loadline::agent
