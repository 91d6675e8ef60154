// SPDX-License-Identifier: Apache-2.0
// Goal: an agent in a pid namespace of its own does not show numbers that mean nothing there: what
// sees the host's refuses with the reason, and /proc shows the processes of that namespace, the
// agent's own among them. Method: each is opened by the first process of a new namespace.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>

#include "agent/src/kernel/bpf_source.h"
#include "agent/src/kernel/iter_source.h"
#include "agent/src/kernel/wakeup_probes.h"
#include "agent/src/sampler/proc_source.h"
#include "loadline/steady_clock.h"
#include "tests/bpf/probes_env.h"

namespace loadline::agent {
namespace {

// What `tell` says in a new pid namespace, whose /proc is mounted if `with_proc`.
std::string Inside(bool with_proc, const std::function<std::string()>& tell) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t outer = fork();
  if (outer == 0) {
    if (unshare(CLONE_NEWPID | CLONE_NEWNS) != 0 ||
        mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      _exit(1);
    }
    const pid_t inner = fork();
    if (inner == 0) {
      if (with_proc && mount("proc", "/proc", "proc", 0, nullptr) != 0) {
        _exit(1);
      }
      const std::string said = tell();
      const bool written =
          write(ends[1], said.data(), said.size()) == static_cast<ssize_t>(said.size());
      _exit(written ? 0 : 1);
    }
    waitpid(inner, nullptr, 0);
    _exit(0);
  }
  close(ends[1]);
  std::string said;
  char part[512];
  for (ssize_t got = 0; (got = read(ends[0], part, sizeof part)) > 0;) {
    said.append(part, static_cast<std::size_t>(got));
  }
  close(ends[0]);
  waitpid(outer, nullptr, 0);
  return said;
}

std::string StatusText(const absl::Status& status) { return status.ToString(); }

void ExpectRefusal(const std::string& said) {
  EXPECT_TRUE(said.starts_with("FAILED_PRECONDITION")) << said;
  EXPECT_NE(said.find("pid namespace of its own (pid:["), std::string::npos) << said;
  EXPECT_NE(said.find("hostPID: true"), std::string::npos) << said;
  EXPECT_NE(said.find("--source=proc"), std::string::npos) << said;
}

TEST(PidNamespaceTest, WhatSeesTheHostsNumbersRefusesWithTheReason) {
  for (const bool with_proc : {true, false}) {
    ExpectRefusal(Inside(with_proc, [] { return StatusText(BpfSource::Create().status()); }));
    ExpectRefusal(Inside(with_proc, [] { return StatusText(IterSource::Create(2).status()); }));
    ExpectRefusal(Inside(with_proc, [] { return StatusText(WakeupProbes::Attach().status()); }));
  }
}

TEST(PidNamespaceTest, ProcShowsTheProcessesOfTheNamespace) {
  const std::string said = Inside(true, [] {
    auto source = ProcSource::Create({.clock = &SteadyClock::Get(), .cpus = 2});
    HostReading reading;
    if (!source.ok() || !(*source)->ReadHost(reading).ok()) {
      return StatusText(source.status());
    }
    const auto own = std::ranges::count(reading.threads, getpid(), &ThreadSample::tgid);
    return std::to_string(reading.threads.size()) + " " + std::to_string(own);
  });
  EXPECT_EQ(said, "1 1");
}

TEST(PidNamespaceTest, ProcOfAnotherNamespaceIsRefusedWithTheReason) {
  const std::string said = Inside(false, [] {
    return StatusText(ProcSource::Create({.clock = &SteadyClock::Get(), .cpus = 2}).status());
  });
  EXPECT_TRUE(said.starts_with("FAILED_PRECONDITION")) << said;
  EXPECT_NE(said.find("/proc is of another pid namespace"), std::string::npos) << said;
  EXPECT_NE(said.find("mount -t proc"), std::string::npos) << said;
}

}  // namespace
}  // namespace loadline::agent
