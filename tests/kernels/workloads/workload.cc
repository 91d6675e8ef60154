// SPDX-License-Identifier: Apache-2.0
// A process whose threads wait for what their names say, for the kernel matrix to compare with.
//
// A driver lets every one of them go on for a moment, 50 times a second; "child" and "signal" wait
// from the start for good, so that a wait older than the agent is seen as well. Two "spin" threads
// share one CPU. It prints the address that "network" waits for. Linked statically: it runs where
// nothing is installed.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int kThreadsPerPool = 2;
constexpr auto kPeriod = std::chrono::milliseconds(20);
constexpr int kSpinCpu = 1;

[[noreturn]] void Fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

void Check(bool ok, const char* what) {
  if (!ok) {
    Fail(what);
  }
}

void Run(const std::string& pool, const std::function<void()>& turn) {
  for (int i = 0; i < kThreadsPerPool; ++i) {
    std::thread([name = pool + "-" + std::to_string(i), turn] {
      pthread_setname_np(pthread_self(), name.c_str());
      for (;;) {
        turn();
      }
    }).detach();
  }
}

// Of each, the driver has the other end.
pthread_mutex_t g_mutex = PTHREAD_MUTEX_INITIALIZER;
std::array<pthread_cond_t, kThreadsPerPool> g_conditions{};
std::atomic<int> g_conditions_taken = 0;
// One for each: threads that all wait on one futex have a home there, and are idle. It starts at
// 1000, because one that holds 2 looks like a contended mutex.
std::array<std::atomic<int>, kThreadsPerPool> g_syncs{1000, 1000};
static_assert(kThreadsPerPool == 2);
std::atomic<int> g_syncs_taken = 0;
std::array<int, 2> g_pipe{};
int g_event = -1;
std::vector<int> g_served;
sockaddr_in g_address{};  // That the driver serves at.

sockaddr* Generic(sockaddr_in& address) { return reinterpret_cast<sockaddr*>(&address); }

int Connect() {
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = g_address;
  Check(connect(client, Generic(address), sizeof(address)) == 0, "connect");
  return client;
}

int Listen() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  socklen_t size = sizeof(g_address);
  g_address.sin_family = AF_INET;
  g_address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Check(bind(listener, Generic(g_address), size) == 0, "bind");
  Check(listen(listener, kThreadsPerPool) == 0, "listen");
  Check(getsockname(listener, Generic(g_address), &size) == 0, "getsockname");
  return listener;
}

void StartFutexPools() {
  Run("lock", [] {
    pthread_mutex_lock(&g_mutex);
    pthread_mutex_unlock(&g_mutex);
  });
  Run("condition", [] {
    // A mutex and a condition of its own: two threads that are woken up together would wait for the
    // mutex as well.
    thread_local pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    thread_local pthread_cond_t* const condition =
        &g_conditions[static_cast<std::size_t>(g_conditions_taken++)];
    pthread_mutex_lock(&mutex);
    pthread_cond_wait(condition, &mutex);
    pthread_mutex_unlock(&mutex);
  });
  Run("sync", [] {
    thread_local std::atomic<int>& word = g_syncs[static_cast<std::size_t>(g_syncs_taken++)];
    word.wait(word.load());
  });
}

void StartDescriptorPools() {
  Check(pipe(g_pipe.data()) == 0, "pipe");
  Run("ipc", [] {
    char byte = 0;
    Check(read(g_pipe[0], &byte, 1) == 1, "read");
  });
  const int listener = Listen();
  Run("network", [] {
    thread_local const int client = Connect();
    char byte = 0;
    Check(recv(client, &byte, 1, 0) == 1, "recv");
  });
  for (int i = 0; i < kThreadsPerPool; ++i) {
    g_served.push_back(accept(listener, nullptr, nullptr));
  }
  g_event = eventfd(0, EFD_SEMAPHORE | EFD_NONBLOCK);  // One event may wake up both threads.
  Run("poll", [] {
    thread_local const int epoll = [] {
      const int created = epoll_create1(0);
      epoll_event wanted{.events = EPOLLIN, .data = {}};
      Check(epoll_ctl(created, EPOLL_CTL_ADD, g_event, &wanted) == 0, "epoll_ctl");
      return created;
    }();
    epoll_event event{};
    epoll_wait(epoll, &event, 1, -1);
    eventfd_t value = 0;
    eventfd_read(g_event, &value);
  });
}

void StartOtherPools(pid_t child) {
  Run("sleep", [] { std::this_thread::sleep_for(kPeriod); });
  Run("child", [child] { waitpid(child, nullptr, 0); });
  Run("signal", [] { pause(); });
  Run("spin", [] {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(kSpinCpu, &set);
    sched_setaffinity(0, sizeof(set), &set);
    for (;;) {
      std::atomic_signal_fence(std::memory_order_seq_cst);
    }
  });
}

// Everybody else waits for this thread, which keeps the name of the program.
[[noreturn]] void Drive() {
  for (;;) {
    pthread_mutex_lock(&g_mutex);
    std::this_thread::sleep_for(kPeriod);
    pthread_mutex_unlock(&g_mutex);
    for (pthread_cond_t& condition : g_conditions) {
      pthread_cond_signal(&condition);
    }
    for (std::atomic<int>& word : g_syncs) {
      word.fetch_add(1);
      word.notify_all();
    }
    for (int i = 0; i < kThreadsPerPool; ++i) {
      Check(write(g_pipe[1], "x", 1) == 1, "write");
      Check(send(g_served[static_cast<std::size_t>(i)], "x", 1, 0) == 1, "send");
      eventfd_write(g_event, 1);
    }
  }
}

}  // namespace

int main() {
  const pid_t child = fork();
  if (child == 0) {
    for (;;) {
      pause();
    }
  }
  pthread_mutex_lock(&g_mutex);  // Until the driver has it, there is nothing to wait for.
  StartFutexPools();
  StartDescriptorPools();
  StartOtherPools(child);
  std::printf("127.0.0.1:%d\n", ntohs(g_address.sin_port));
  std::fflush(stdout);
  pthread_mutex_unlock(&g_mutex);
  Drive();
}
