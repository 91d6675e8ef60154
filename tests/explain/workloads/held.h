// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <thread>

// What the programs of the suite that are nobody's product have in common. Each is healthy until
// SIGUSR1, and in its state from then on: the suite's agents see both.
namespace held {

using namespace std::chrono_literals;

inline std::atomic<bool> trouble = false;

inline void Check(bool ok, const char* what) {
  if (!ok) {
    std::perror(what);
    std::exit(1);
  }
}

inline void Pause(std::chrono::nanoseconds time) { std::this_thread::sleep_for(time); }

// So much CPU time, however long it takes.
inline void Compute(std::chrono::nanoseconds time) {
  const auto used = [] {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  };
  for (const auto end = used() + time; used() < end;) {
  }
}

inline void Name(const std::string& name) { pthread_setname_np(pthread_self(), name.c_str()); }

inline void Start(const std::string& name, const std::function<void()>& turn) {
  std::thread([name, turn] {
    Name(name);
    for (;;) {
      turn();
    }
  }).detach();
}

// Threads that pause while the program is healthy, and do `turn` again and again in its state.
inline void StartPool(const std::string& name, int threads, const std::function<void()>& turn) {
  for (int i = 0; i < threads; ++i) {
    Start(name + "-" + std::to_string(i), [turn] { trouble ? turn() : Pause(50ms); });
  }
}

// One line to the suite's peer and its answer, on a connection of the thread's own.
inline void Ask(int port) {
  thread_local int connected_to = 0;
  thread_local int connection = -1;
  if (connected_to != port) {
    if (connection >= 0) {
      close(connection);
    }
    connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    Check(connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0,
          "connect");
    connected_to = port;
  }
  char text[16] = "ask\n";
  Check(send(connection, text, 4, MSG_NOSIGNAL) == 4, "send");
  Check(recv(connection, text, sizeof(text), 0) > 0, "recv");
}

// The end of main(): says "ready", and waits for the signal to change over and for the end.
[[noreturn]] inline void Live() {
  signal(SIGUSR1, [](int) { trouble = true; });
  std::puts("ready");
  std::fflush(stdout);
  for (;;) {
    pause();
  }
}

}  // namespace held
