// SPDX-License-Identifier: Apache-2.0
// Pools of threads that do one thing.
//
//     crowd ask THREADS PORT          each asks a peer, pauses, asks again
//     crowd among_many THREADS PORT   the same, among 240 threads with names of their own
//     crowd failover THREADS FILE     each asks the peers that the file names (ports), one after
//     the other; read each time crowd connections THREADS PORT  three connections to a peer for all
//     of them crowd compute THREADS           each computes without end crowd bursts THREADS each
//     computes 2 ms and pauses 20 ms, healthy or not crowd read THREADS FILE         each reads
//     blocks of a file past the page cache crowd touch THREADS FILE        each touches pages of a
//     mapped file, all over it
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <condition_variable>
#include <fstream>
#include <iterator>
#include <mutex>
#include <random>
#include <string_view>
#include <vector>

#include "held.h"

namespace {

using held::Pause;
using std::chrono_literals::operator""ms;

constexpr int kBlock = 4096;

// A worker whose pool is busy: always, and its peer is fast while the program is healthy.
void StartAlways(const std::string& name, int threads, const std::function<void()>& turn) {
  for (int i = 0; i < threads; ++i) {
    held::Start(name + "-" + std::to_string(i), turn);
  }
}

void AskAtAPace(int port) {
  held::Ask(port);
  Pause(100ms);
}

void FailOver(const char* file) {
  thread_local std::size_t turn = 0;
  std::ifstream in(file);
  const std::vector<int> ports{std::istream_iterator<int>(in), {}};
  if (!ports.empty()) {
    held::Ask(ports[turn++ % ports.size()]);
  }
  Pause(20ms);
}

void AskInTurn(int port) {
  static std::mutex mutex;
  static std::condition_variable changed;
  static int free = 3;
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [] { return free > 0; });
    --free;
  }
  held::Ask(port);
  {
    const std::scoped_lock lock(mutex);
    ++free;
  }
  changed.notify_one();
  Pause(10ms);
}

std::size_t AnyBlock(std::size_t blocks) {
  thread_local std::minstd_rand random(static_cast<unsigned>(gettid()));
  return random() % blocks;
}

void ReadBlock(const char* path) {
  static const int file = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
  held::Check(file >= 0, path);
  static const off_t size = lseek(file, 0, SEEK_END);
  alignas(kBlock) thread_local char block[kBlock];
  const std::size_t at = AnyBlock(static_cast<std::size_t>(size) / kBlock) * kBlock;
  held::Check(pread(file, block, kBlock, static_cast<off_t>(at)) == kBlock, "pread");
}

void TouchPage(const char* path) {
  static const int file = open(path, O_RDONLY | O_CLOEXEC);
  held::Check(file >= 0, path);
  static const auto size = static_cast<std::size_t>(lseek(file, 0, SEEK_END));
  static const auto* const memory = [] {
    void* const made = mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
    held::Check(made != MAP_FAILED, "mmap");
    madvise(made, size, MADV_RANDOM);
    return static_cast<const volatile char*>(made);
  }();
  static_cast<void>(memory[AnyBlock(size / kBlock) * kBlock]);
}

void StartCrowd() {
  for (int i = 0; i < 240; ++i) {
    const std::string name{'p', static_cast<char>('a' + i / 16), static_cast<char>('a' + i % 16)};
    held::Start(name, [] { pause(); });
  }
}

}  // namespace

int main(int argc, char** argv) {
  held::Check(argc > 2, "usage: see crowd.cc");
  const std::string_view kind = argv[1];
  const int threads = std::atoi(argv[2]);
  const char* const what = argc > 3 ? argv[3] : "";
  const int port = std::atoi(what);
  if (kind == "among_many") {
    StartCrowd();
  }
  if (kind == "ask" || kind == "among_many") {
    StartAlways("worker", threads, [=] { AskAtAPace(port); });
  } else if (kind == "failover") {
    StartAlways("worker", threads, [=] { FailOver(what); });
  } else if (kind == "connections") {
    StartAlways("worker", threads, [=] { AskInTurn(port); });
  } else if (kind == "compute") {
    held::StartPool("worker", threads, [] { held::Compute(10ms); });
  } else if (kind == "bursts") {
    StartAlways("worker", threads, [] {
      held::Compute(2ms);
      Pause(20ms);
    });
  } else if (kind == "read") {
    held::StartPool("worker", threads, [=] { ReadBlock(what); });
  } else {
    held::StartPool("worker", threads, [=] { TouchPage(what); });
  }
  held::Live();
}
