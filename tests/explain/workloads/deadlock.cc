// SPDX-License-Identifier: Apache-2.0
// Threads that wait for each other for ever, and others that queue behind them.
//
//     deadlock pair|ring|self THREADS    with two locks, three, or one that its holder locks again
//     deadlock processes THREADS         two processes with two locks in shared memory
#include <sys/mman.h>

#include <new>
#include <string_view>

#include "held.h"

namespace {

using held::Pause;
using std::chrono_literals::operator""ms;

struct Locks {
  pthread_mutex_t of[3];
};

Locks* Shared() {
  void* const memory =
      mmap(nullptr, sizeof(Locks), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  held::Check(memory != MAP_FAILED, "mmap");
  auto* const locks = new (memory) Locks;
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  for (pthread_mutex_t& each : locks->of) {
    pthread_mutex_init(&each, &attributes);
  }
  return locks;
}

void TakeBoth(Locks* locks, int first, int second) {
  pthread_mutex_lock(&locks->of[first]);
  Pause(200ms);
  pthread_mutex_lock(&locks->of[second]);
  pthread_mutex_unlock(&locks->of[second]);
  pthread_mutex_unlock(&locks->of[first]);
}

}  // namespace

int main(int argc, char** argv) {
  held::Check(argc > 2, "usage: see deadlock.cc");
  const std::string_view kind = argv[1];
  const int threads = std::atoi(argv[2]);
  Locks* const locks = Shared();
  const int size = kind == "self" ? 1 : kind == "ring" ? 3 : 2;
  const bool parent = kind == "processes" && fork() != 0;
  for (int i = 0; i < size; ++i) {
    if (kind != "processes" || (i == 0) == parent) {
      held::StartPool("transfer-" + std::string(1, static_cast<char>('a' + i)), 1,
                      [=] { TakeBoth(locks, i, (i + 1) % size); });
    }
  }
  held::StartPool("worker", threads, [=] {
    Pause(400ms);  // They come when the locks are held.
    pthread_mutex_lock(&locks->of[0]);
    pthread_mutex_unlock(&locks->of[0]);
  });
  held::Live();
}
