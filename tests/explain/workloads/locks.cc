// SPDX-License-Identifier: Apache-2.0
// Threads that queue for one lock.
//
//     locks mutex|rwlock|inherit|robust THREADS    a thread "ledger" holds it for seconds, asleep
//     locks hot THREADS                            they hold it one after the other, computing
//     locks peer THREADS PORT                      a thread "ledger" holds it while it asks a peer
//     locks file THREADS PATH                      processes; the first one holds a lock on a file
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>

#include <new>
#include <string_view>

#include "held.h"

namespace {

using held::Pause;
using std::chrono_literals::operator""ms;

struct Shared {
  pthread_mutex_t mutex;
  pthread_rwlock_t rwlock;
};

Shared* shared = nullptr;

void Make(std::string_view kind) {
  void* const memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  held::Check(memory != MAP_FAILED, "mmap");
  shared = new (memory) Shared;
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  if (kind == "inherit") {
    pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
  } else if (kind == "robust") {
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  }
  pthread_mutex_init(&shared->mutex, &attributes);
  pthread_rwlock_init(&shared->rwlock, nullptr);
}

void Use(std::chrono::nanoseconds held_for) {
  pthread_mutex_lock(&shared->mutex);
  held::Compute(held_for);
  pthread_mutex_unlock(&shared->mutex);
}

void Read() {
  pthread_rwlock_rdlock(&shared->rwlock);
  pthread_rwlock_unlock(&shared->rwlock);
  Pause(1ms);
}

void Hold(bool rwlock, const std::function<void()>& meanwhile) {
  if (!held::trouble) {
    Pause(50ms);
    return;
  }
  rwlock ? pthread_rwlock_wrlock(&shared->rwlock) : pthread_mutex_lock(&shared->mutex);
  meanwhile();
  rwlock ? pthread_rwlock_unlock(&shared->rwlock) : pthread_mutex_unlock(&shared->mutex);
  Pause(5ms);
}

// Each has the file open by itself, so that they exclude each other.
void QueueForFile(const char* path, int processes) {
  for (int i = 0; i < processes; ++i) {
    if (fork() == 0) {
      signal(SIGUSR1, [](int) { held::trouble = true; });
      const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
      held::Check(file >= 0, path);
      for (;;) {
        if (!held::trouble) {
          Pause(50ms);
          continue;
        }
        flock(file, LOCK_EX);
        Pause(2000ms);
        flock(file, LOCK_UN);
        Pause(1ms);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  held::Check(argc > 2, "usage: see locks.cc");
  const std::string_view kind = argv[1];
  const int threads = std::atoi(argv[2]);
  Make(kind);
  if (kind == "file") {
    QueueForFile(argv[3], threads);
  } else if (kind == "hot") {
    held::StartPool("worker", threads, [] { Use(2ms); });
  } else if (kind == "rwlock") {
    held::StartPool("worker", threads, Read);
    held::Start("ledger", [] { Hold(true, [] { Pause(3000ms); }); });
  } else {
    const int port = kind == "peer" ? std::atoi(argv[3]) : 0;
    held::StartPool("worker", threads, [] {
      Use(std::chrono::microseconds(10));
      Pause(1ms);
    });
    held::Start("ledger",
                [port] { Hold(false, [port] { port ? held::Ask(port) : Pause(3000ms); }); });
  }
  held::Live();
}
