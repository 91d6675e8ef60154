// SPDX-License-Identifier: Apache-2.0
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>

#include "tests/bpf/io_ring.h"
#include "tests/bpf/wait_case.h"

namespace loadline::agent {
namespace {

// Two ends: what is written to one is read from the other.
struct Ends {
  std::array<int, 2> fds{-1, -1};
  Ends() = default;
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;
  ~Ends() {
    close(fds[0]);
    close(fds[1]);
  }
  int reader() const { return fds[0]; }
  void Write() const {
    const std::array<char, 8> bytes{1};
    if (write(fds[1], bytes.data(), bytes.size()) < 0) {
      std::abort();
    }
  }
  void Read() const {
    std::array<char, 8> bytes;
    if (read(fds[0], bytes.data(), bytes.size()) < 0) {
      std::abort();
    }
  }
};

std::shared_ptr<Ends> Pipe() {
  auto ends = std::make_shared<Ends>();
  return pipe(ends->fds.data()) == 0 ? ends : nullptr;
}

std::shared_ptr<Ends> UnixPair() {
  auto ends = std::make_shared<Ends>();
  return socketpair(AF_UNIX, SOCK_STREAM, 0, ends->fds.data()) == 0 ? ends : nullptr;
}

std::shared_ptr<Ends> EventFd() {
  auto ends = std::make_shared<Ends>();
  ends->fds[0] = eventfd(0, 0);
  ends->fds[1] = dup(ends->fds[0]);
  return ends;
}

WaitCase ReadFrom(std::string name, WaitReason reason, std::shared_ptr<Ends> ends) {
  return {.name = std::move(name),
          .reason = reason,
          .enter = [ends] { ends->Read(); },
          .release = [ends] { ends->Write(); }};
}

WaitCase PollOf(std::string name, WaitReason reason, std::shared_ptr<Ends> ends) {
  return {.name = std::move(name),
          .reason = reason,
          .enter =
              [ends] {
                pollfd set{.fd = ends->reader(), .events = POLLIN, .revents = 0};
                poll(&set, 1, -1);
                ends->Read();
              },
          .release = [ends] { ends->Write(); }};
}

// Nobody writes to four of the five.
WaitCase PollOfMany() {
  std::array<std::shared_ptr<Ends>, 5> pairs;
  for (auto& pair : pairs) {
    pair = UnixPair();
  }
  return {.name = "poll_many",
          .reason = WaitReason::kPoll,
          .enter =
              [pairs] {
                std::array<pollfd, 5> set;
                for (std::size_t i = 0; i < pairs.size(); ++i) {
                  set[i] = {.fd = pairs[i]->reader(), .events = POLLIN, .revents = 0};
                }
                poll(set.data(), set.size(), -1);
                pairs[0]->Read();
              },
          .release = [pairs] { pairs[0]->Write(); }};
}

WaitCase Epoll() {
  auto ends = Pipe();
  const int epoll = epoll_create1(0);
  epoll_event event{.events = EPOLLIN, .data = {}};
  epoll_ctl(epoll, EPOLL_CTL_ADD, ends->reader(), &event);
  return {.name = "epoll",
          .reason = WaitReason::kPoll,
          .enter =
              [ends, epoll] {
                epoll_event ready;
                epoll_wait(epoll, &ready, 1, -1);
                ends->Read();
              },
          .release = [ends] { ends->Write(); }};
}

WaitCase TimerFd() {
  const int timer = timerfd_create(CLOCK_MONOTONIC, 0);
  return {.name = "timerfd", .reason = WaitReason::kSleep, .enter = [timer] {
            itimerspec spec{};
            spec.it_value.tv_nsec = 20'000'000;
            timerfd_settime(timer, 0, &spec, nullptr);
            std::uint64_t ticks;
            if (read(timer, &ticks, sizeof(ticks)) < 0) {
              std::abort();
            }
          }};
}

// As a runtime waits that does all its work through io_uring.
std::vector<WaitCase> RingCases() {
  auto ends = Pipe();
  std::shared_ptr<IoRing> ring = IoRing::Create();
  if (ring == nullptr) {
    return {};
  }
  return {{.name = "io_uring",
           .reason = WaitReason::kPoll,
           .enter = [ends, ring] { ring->ReadOne(ends->reader()); },
           .release = [ends] { ends->Write(); }}};
}

WaitCase SysvSemaphore() {
  const int id = semget(IPC_PRIVATE, 1, 0600);
  const auto change = [id](short by) {
    sembuf step{.sem_num = 0, .sem_op = by, .sem_flg = 0};
    if (semop(id, &step, 1) != 0) {
      std::abort();
    }
  };
  auto owner = std::shared_ptr<void>(nullptr, [id](void*) { semctl(id, 0, IPC_RMID); });
  return {.name = "sysv_semaphore",
          .reason = WaitReason::kSync,
          .enter = [change, owner] { change(-1); },
          .release = [change, owner] { change(1); }};
}

WaitCase MessageQueue() {
  const std::string name = "/loadline-test-" + std::to_string(getpid());
  mq_attr attributes{};
  attributes.mq_maxmsg = 1;
  attributes.mq_msgsize = 8;
  const mqd_t queue = mq_open(name.c_str(), O_RDWR | O_CREAT, 0600, &attributes);
  mq_unlink(name.c_str());
  return {.name = "message_queue",
          .reason = WaitReason::kIpc,
          .enter =
              [queue] {
                std::array<char, 8> bytes;
                if (mq_receive(queue, bytes.data(), bytes.size(), nullptr) < 0) {
                  std::abort();
                }
              },
          .release = [queue] { mq_send(queue, "x", 1, 0); }};
}

WaitCase SignalFd() {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &wanted, nullptr);  // Threads that are made later inherit it.
  const int fd = signalfd(-1, &wanted, 0);
  return {.name = "signalfd",
          .reason = WaitReason::kSignal,
          .enter =
              [fd] {
                signalfd_siginfo info;
                if (read(fd, &info, sizeof(info)) < 0) {
                  std::abort();
                }
              },
          .release = [] { kill(getpid(), SIGUSR2); }};
}

WaitCase SigTimedWait() {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGRTMIN);
  pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
  return {.name = "sigwait",
          .reason = WaitReason::kPoll,
          .enter =
              [wanted] {
                int number;
                sigwait(&wanted, &number);
              },
          .release = [] { kill(getpid(), SIGRTMIN); }};
}

}  // namespace

std::vector<WaitCase> DescriptorCases() {
  std::vector<WaitCase> cases = {ReadFrom("pipe", WaitReason::kIpc, Pipe()),
                                 ReadFrom("unix_socket", WaitReason::kIpc, UnixPair()),
                                 ReadFrom("eventfd", WaitReason::kIpc, EventFd()),
                                 PollOf("poll_unix_socket", WaitReason::kIpc, UnixPair()),
                                 PollOf("poll_eventfd", WaitReason::kPoll, EventFd()),
                                 PollOfMany(),
                                 Epoll(),
                                 TimerFd(),
                                 SysvSemaphore(),
                                 MessageQueue(),
                                 SignalFd(),
                                 SigTimedWait()};
  for (WaitCase& wait : RingCases()) {
    cases.push_back(std::move(wait));
  }
  return cases;
}

}  // namespace loadline::agent
