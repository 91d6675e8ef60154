// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <memory>

#include "tests/bpf/wait_case.h"

namespace loadline::agent {
namespace {

constexpr timespec kWait{.tv_sec = 0, .tv_nsec = 20'000'000};

WaitCase SleepCase() {
  return {.name = "nanosleep", .reason = WaitReason::kSleep, .enter = [] {
            nanosleep(&kWait, nullptr);
          }};
}

WaitCase SelectSleep() {
  return {.name = "select_sleep", .reason = WaitReason::kSleep, .enter = [] {
            timeval time{.tv_sec = 0, .tv_usec = 20'000};
            select(0, nullptr, nullptr, nullptr, &time);
          }};
}

WaitCase Child() {
  return {.name = "wait4", .reason = WaitReason::kChild, .enter = [] {
            const pid_t child = fork();
            if (child == 0) {
              nanosleep(&kWait, nullptr);
              _exit(0);
            }
            waitpid(child, nullptr, 0);
          }};
}

// The parent of vfork() waits uninterruptibly, until the child is another program or gone.
WaitCase VforkChild() {
  return {.name = "vfork", .reason = WaitReason::kChild, .enter = [] {
            const pid_t child = vfork();
            if (child == 0) {
              syscall(SYS_nanosleep, &kWait, nullptr);
              _exit(0);
            }
            waitpid(child, nullptr, 0);
          }};
}

// A signal that comes before the thread pauses is lost: it is sent until one was not.
WaitCase Signal() {
  struct State {
    std::atomic<pid_t> waiter{0};
    std::atomic<bool> woken{false};
  };
  struct sigaction action {};
  action.sa_handler = [](int) {};
  sigaction(SIGUSR1, &action, nullptr);
  auto state = std::make_shared<State>();
  return {.name = "pause",
          .reason = WaitReason::kSignal,
          .enter =
              [state] {
                state->waiter = static_cast<pid_t>(syscall(SYS_gettid));
                pause();
                state->woken = true;
              },
          .release =
              [state] {
                while (!state->woken) {
                  syscall(SYS_tgkill, getpid(), state->waiter.load(), SIGUSR1);
                  sched_yield();
                }
              },
          .arm =
              [state] {
                state->waiter = 0;
                state->woken = false;
              }};
}

WaitCase FileLock() {
  char path[] = "/tmp/loadline-flock-XXXXXX";
  const int ours = mkstemp(path);
  const int theirs = open(path, O_RDWR);
  unlink(path);
  return {.name = "flock",
          .reason = WaitReason::kFileLock,
          .enter =
              [ours] {
                flock(ours, LOCK_EX);
                flock(ours, LOCK_UN);
              },
          .release = [theirs] { flock(theirs, LOCK_UN); },
          .arm = [theirs] { flock(theirs, LOCK_EX); }};
}

// A page that arrives only when the other thread sends it.
WaitCase PageFault() {
  constexpr std::size_t kPage = 4096;
  const int fd = static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC));
  if (fd < 0) {
    return {};
  }
  uffdio_api api{.api = UFFD_API, .features = 0, .ioctls = 0};
  auto* page = static_cast<char*>(
      mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  uffdio_register range{};
  range.range = {.start = reinterpret_cast<std::uint64_t>(page), .len = kPage};
  range.mode = UFFDIO_REGISTER_MODE_MISSING;
  if (ioctl(fd, UFFDIO_API, &api) != 0 || ioctl(fd, UFFDIO_REGISTER, &range) != 0) {
    std::abort();
  }
  return {.name = "page_fault",
          .reason = WaitReason::kPageFault,
          .enter = [page] { *static_cast<volatile char*>(page) = 1; },
          .release =
              [fd, page] {
                uffdio_zeropage zero{};
                zero.range = {.start = reinterpret_cast<std::uint64_t>(page), .len = kPage};
                ioctl(fd, UFFDIO_ZEROPAGE, &zero);
              },
          .arm = [page] { madvise(page, kPage, MADV_DONTNEED); }};
}

}  // namespace

std::vector<WaitCase> KernelCases() {
  std::vector<WaitCase> cases = {SleepCase(),  SelectSleep(), Child(),
                                 VforkChild(), Signal(),      FileLock()};
  if (WaitCase fault = PageFault(); !fault.name.empty()) {
    cases.push_back(std::move(fault));
  }
  return cases;
}

}  // namespace loadline::agent
