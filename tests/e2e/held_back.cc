// SPDX-License-Identifier: Apache-2.0
// A process that one thing holds back, without the SDK, for causes_test.py.
//
//     held_back spin|lock|idle|loop THREADS
//     held_back peer|handoff THREADS PORT
//     held_back serve
//
// `serve` prints the port at which it answers each byte with one, after as many milliseconds as the
// last line of its standard input says. The others say "ready" when their threads, "worker-N", run.
// All end when their standard input does.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "loadline/steady_clock.h"

namespace {

using namespace std::chrono_literals;

[[noreturn]] void Fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

void Check(bool ok, const char* what) {
  if (!ok) {
    Fail(what);
  }
}

void Work(loadline::Clock::Duration time) {
  const loadline::Clock& clock = loadline::SteadyClock::Get();
  const auto end = clock.Now() + time;
  while (clock.Now() < end) {
  }
}

void Start(int threads, const std::function<void()>& turn) {
  for (int i = 0; i < threads; ++i) {
    std::thread([i, turn] {
      pthread_setname_np(pthread_self(), ("worker-" + std::to_string(i)).c_str());
      for (;;) {
        turn();
      }
    }).detach();
  }
}

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void Serve() {
  static std::atomic<int> delay_ms = 0;
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  Check(bind(listener, generic, size) == 0, "bind");
  Check(listen(listener, 64) == 0, "listen");
  Check(getsockname(listener, generic, &size) == 0, "getsockname");
  std::thread([listener] {
    for (;;) {
      const int client = accept(listener, nullptr, nullptr);
      std::thread([client] {
        for (char byte = 0; recv(client, &byte, 1, 0) == 1;) {
          std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms.load()));
          if (send(client, &byte, 1, MSG_NOSIGNAL) != 1) {
            break;
          }
        }
        close(client);
      }).detach();
    }
  }).detach();
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    delay_ms = std::atoi(line.c_str());
  }
}

// One request, on a connection of the thread's own.
void Ask(int port) {
  thread_local const int connection = [port] {
    const int made = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = Loopback(port);
    Check(connect(made, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0, "connect");
    return made;
  }();
  char byte = 1;
  Check(send(connection, &byte, 1, MSG_NOSIGNAL) == 1, "send");
  Check(recv(connection, &byte, 1, 0) == 1, "recv");
}

// Requests at a pace, so that a slower peer makes them longer and not more.
void AskAtAPace(int port) {
  Work(1ms);
  Ask(port);
  std::this_thread::sleep_for(20ms);
}

// Two may ask at once, the others wait for them.
void AskInTurn(int port) {
  static std::mutex mutex;
  static std::condition_variable changed;
  static int free = 2;
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [] { return free > 0; });
    --free;
  }
  Ask(port);
  {
    const std::scoped_lock lock(mutex);
    ++free;
  }
  changed.notify_one();
}

void HoldALock() {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  std::this_thread::sleep_for(2ms);
  pthread_mutex_unlock(&mutex);
  Work(100us);
}

void PollForever() {
  thread_local const int epoll = epoll_create1(0);
  epoll_event event{};
  epoll_wait(epoll, &event, 1, -1);
}

// A loop that does what it should not: it lives in poll, and sleeps between.
void PollAndSleep() {
  thread_local const int epoll = epoll_create1(0);
  epoll_event event{};
  epoll_wait(epoll, &event, 1, 40);
  std::this_thread::sleep_for(6ms);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "serve") {
    Serve();
    return 0;
  }
  const int threads = argc > 2 ? std::atoi(argv[2]) : 0;
  const int port = argc > 3 ? std::atoi(argv[3]) : 0;
  const std::function<void()> turn =
      what == "spin"      ? [] { Work(1s); }
      : what == "lock"    ? HoldALock
      : what == "idle"    ? PollForever
      : what == "loop"    ? PollAndSleep
      : what == "peer"    ? std::function<void()>([=] { AskAtAPace(port); })
      : what == "handoff" ? std::function<void()>([=] { AskInTurn(port); })
                          : std::function<void()>();
  if (!turn || threads <= 0) {
    std::fprintf(stderr,
                 "held_back: usage: spin|lock|idle|loop THREADS, peer|handoff THREADS PORT, "
                 "serve\n");
    return 2;
  }
  Start(threads, turn);
  std::puts("ready");
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
  }
  std::_Exit(0);
}
