// SPDX-License-Identifier: Apache-2.0
#include "tests/bpf/probes_env.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <thread>

#include "loadline/steady_clock.h"

namespace loadline::agent {
namespace {

std::unique_ptr<Source> source;  // Set by main().

}  // namespace

Source& Probes() { return *source; }

pid_t ThisThread() { return static_cast<pid_t>(syscall(SYS_gettid)); }

std::optional<ThreadSample> ReadThread(pid_t tid, pid_t tgid) {
  HostReading reading;
  const pid_t wanted[] = {tgid == 0 ? getpid() : tgid};
  // One reading leaves a thread out whose slot stands half written: its CPU was taken from under
  // it.
  for (int tries = 0; tries < 5; ++tries) {
    const absl::Status status = Probes().ReadProcesses(wanted, reading);
    EXPECT_TRUE(status.ok()) << status;
    for (ThreadSample& thread : reading.threads) {
      if (thread.tid == tid) {
        return std::move(thread);
      }
    }
  }
  return std::nullopt;
}

HostReading ReadHost() {
  HostReading reading;
  const absl::Status status = Probes().ReadHost(reading);
  EXPECT_TRUE(status.ok()) << status;
  return reading;
}

std::uint64_t Lost(const HostReading& reading, std::string_view what) {
  for (const SourceLoss& loss : reading.losses) {
    if (loss.what == what) {
      return loss.total;
    }
  }
  ADD_FAILURE() << "no loss is called " << what;
  return 0;
}

Clock::Time Now() { return SteadyClock::Get().Now(); }

void Sleep(Clock::Duration time) { std::this_thread::sleep_for(time); }

}  // namespace loadline::agent

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  auto probes = loadline::agent::OpenTestSource();
  if (!probes.ok()) {
    const bool skip = probes.status().code() == absl::StatusCode::kPermissionDenied ||
                      probes.status().code() == absl::StatusCode::kFailedPrecondition;
    std::printf("%s: %s\n", skip ? "skipped" : "failed", probes.status().ToString().c_str());
    return skip ? 77 : 1;
  }
  loadline::agent::source = *std::move(probes);
  const int result = RUN_ALL_TESTS();
  loadline::agent::source.reset();
  return result;
}
