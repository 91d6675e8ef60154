// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

namespace loadline::bench {

// A process of its own that plays loads on request: the probes treat whoever holds them otherwise
// than the rest of the host, so the holder must not measure itself.
//
// Lifetime: the process ends with the object. Create it before any thread. Aborts when the host
// cannot even fork or pipe.
class LoadProcess {
 public:
  LoadProcess();
  ~LoadProcess();
  LoadProcess(const LoadProcess&) = delete;
  LoadProcess& operator=(const LoadProcess&) = delete;

  pid_t pid() const { return pid_; }

  // Two threads on one CPU hand a byte to and fro through two pipes: each hand-over is a context
  // switch and hardly anything else. Returns the nanoseconds of one round trip (two switches).
  double PipePingPong(int round_trips);

  // Nanoseconds of one getppid(), which switches nothing: whether system calls got dearer.
  double Getppid(int calls);

 private:
  struct Order {
    enum Load { kPipePingPong, kGetppid } load;
    int count;
  };
  [[noreturn]] static void Serve(int orders, int figures);
  double Play(Order order);

  int orders_ = -1;
  int figures_ = -1;
  pid_t pid_ = -1;
};

}  // namespace loadline::bench
