// SPDX-License-Identifier: Apache-2.0
#include "sdk/examples/http_program.h"

#include <signal.h>
#include <sys/socket.h>

#include <iostream>
#include <thread>

namespace loadline::examples {
namespace {

// httplib asks for 5, which a burst overflows: the client's kernel then waits a second and tries
// again, and that would be measured as ours.
constexpr int kBacklog = 1024;

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

}  // namespace

void BlockStopSignals() {
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

int ServeUntilSignal(httplib::Server& server, const std::string& program, int port,
                     const std::function<void()>& on_stop) {
  int listener = -1;
  server.set_socket_options([&](int socket) {
    listener = socket;
    const int yes = 1;  // Not SO_REUSEPORT, httplib's choice: a taken port must be an error.
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
  const int bound = port == 0 ? server.bind_to_any_port("127.0.0.1")
                              : (server.bind_to_port("127.0.0.1", port) ? port : -1);
  if (bound < 0) {
    std::cerr << program << ": 127.0.0.1:" << port << " is taken; choose another --port\n";
    return 3;
  }
  listen(listener, kBacklog);  // Again: the second call only sets the backlog.
  std::cout << "listening on 127.0.0.1:" << bound << std::endl;  // Whoever started us waits for it.

  std::thread stopper([&] {
    const sigset_t signals = StopSignals();
    int which = 0;
    sigwait(&signals, &which);
    on_stop();
    server.stop();
  });
  server.listen_after_bind();
  // NOLINTNEXTLINE(bugprone-bad-signal-to-kill-thread): it is blocked there, and waited for.
  pthread_kill(stopper.native_handle(), SIGTERM);  // If it was not a signal that ended us.
  stopper.join();
  return 0;
}

}  // namespace loadline::examples
