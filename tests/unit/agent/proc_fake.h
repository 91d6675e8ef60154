// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace loadline::testing {

// One thread of a FakeProc, with the words of proc(5).
struct FakeThread {
  pid_t tid = 0;
  std::string comm = "worker-1";
  char state = 'S';
  std::uint64_t on_cpu_ns = 1'000'000;
  std::uint64_t run_delay_ns = 0;
  std::int64_t runs = 1;  // Of which all but the last of a running thread ended.
  std::int64_t involuntary = 0;
  std::uint64_t started_ticks = 100;
  std::uint64_t stack_start = 0;  // 0: may not be read.
  std::string syscall = "";       // Empty: may not be read.
  std::string wchan = "0";
  std::map<int, std::string> fds = {};
  bool kernel = false;
};

// A tree like /proc in a directory of its own.
//
//     FakeProc proc({{100, {{.tid = 100, .state = 'R'}}}});
class FakeProc {
 public:
  using Processes = std::map<pid_t, std::vector<FakeThread>>;

  explicit FakeProc(const Processes& processes) {
    std::string name = ::testing::TempDir() + "loadline-proc-XXXXXX";
    top_ = ::mkdtemp(name.data());
    Write("self/schedstat", "1 1 1\n");
    Write("self/mountinfo", "30 1 0:26 / " + top_.string() + "/cgroup rw - cgroup2 cgroup2 rw\n");
    Uptime(1000);
    Busy(0);
    for (const auto& [tgid, threads] : processes) {
      for (const FakeThread& thread : threads) {
        Put(tgid, thread);
      }
    }
  }
  FakeProc(const FakeProc&) = delete;
  FakeProc& operator=(const FakeProc&) = delete;
  ~FakeProc() { std::filesystem::remove_all(top_); }

  std::string top() const { return top_.string(); }

  // Makes the thread, or changes it.
  void Put(pid_t tgid, const FakeThread& thread) {
    const std::string at = std::to_string(tgid) + "/task/" + std::to_string(thread.tid) + "/";
    const std::int64_t ended = thread.runs - (thread.state == 'R' ? 1 : 0);
    Write(at + "schedstat", std::to_string(thread.on_cpu_ns) + " " +
                                std::to_string(thread.run_delay_ns) + " " +
                                std::to_string(thread.runs) + "\n");
    Write(at + "stat", std::to_string(thread.tid) + " (" + thread.comm + ") " + thread.state +
                           " 1 1 1 0 -1 " + (thread.kernel ? "2097152" : "64") +
                           " 0 0 0 0 0 0 0 0 20 0 1 0 " + std::to_string(thread.started_ticks) +
                           " 1 1 1 1 1 " + std::to_string(thread.stack_start) + " 0 0\n");
    Write(at + "status",
          "Name:\tx\nNSpid:\t" + std::to_string(thread.tid) + "\t7\nvoluntary_ctxt_switches:\t" +
              std::to_string(ended - thread.involuntary) + "\nnonvoluntary_ctxt_switches:\t" +
              std::to_string(thread.involuntary) + "\n");
    Write(at + "syscall", thread.syscall);
    Write(at + "wchan", thread.wchan);
    std::filesystem::remove_all(top_ / (at + "fd"));
    for (const auto& [fd, target] : thread.fds) {
      std::filesystem::create_directories(top_ / (at + "fd"));
      std::filesystem::create_symlink(target, top_ / (at + "fd/" + std::to_string(fd)));
    }
  }

  void End(pid_t tgid, pid_t tid) {
    std::filesystem::remove_all(top_ / std::to_string(tgid) / "task" / std::to_string(tid));
  }

  void Uptime(double seconds) { Write("uptime", std::to_string(seconds) + " 0\n"); }
  void Busy(int ticks) { Write("stat", "cpu  " + std::to_string(ticks) + " 0 0 9 9 0 0 0 0 0\n"); }

  void Write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories((top_ / path).parent_path());
    std::ofstream(top_ / path) << text;
  }

 private:
  std::filesystem::path top_;
};

}  // namespace loadline::testing
