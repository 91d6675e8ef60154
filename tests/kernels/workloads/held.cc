// SPDX-License-Identifier: Apache-2.0
// held NAME: a process of that name with a thread that runs, one that wants a mutex which is not
// given, and one that receives what is not sent, until something holds them all.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

namespace {

void Start(const char* name, const std::function<void()>& body) {
  std::thread([name, body] {
    pthread_setname_np(pthread_self(), name);
    body();
  }).detach();
}

// A connection of which the far end is silent.
int Connected() {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  const bool ok = bind(listener, generic, size) == 0 && listen(listener, 1) == 0 &&
                  getsockname(listener, generic, &size) == 0 && connect(client, generic, size) == 0;
  return ok ? client : -1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    return 2;
  }
  pthread_setname_np(pthread_self(), argv[1]);
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  const int client = Connected();
  Start("spin", [] {
    for (;;) {
      std::atomic_signal_fence(std::memory_order_seq_cst);
    }
  });
  Start("lock", [] { pthread_mutex_lock(&mutex); });
  Start("receive", [client] {
    char byte = 0;
    recv(client, &byte, 1, 0);
  });
  for (;;) {
    pause();
  }
}
