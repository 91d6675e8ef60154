// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/traced_by.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/src/kernel/probes.h"
#include "agent/src/kernel/process_ledgers.h"
#include "empty_switch.skel.h"

namespace loadline::bench {
namespace {

constexpr int kAttachTries = 100;  // Of 100 ms each.

std::uint32_t IdOf(int program_fd) {
  bpf_prog_info info{};
  __u32 length = sizeof(info);
  return bpf_obj_get_info_by_fd(program_fd, &info, &length) == 0 ? info.id : 0;
}

class Nothing final : public Tracer {
 public:
  explicit Nothing(empty_switch* skeleton) : skeleton_(skeleton) {
    programs_ = {IdOf(bpf_program__fd(skeleton->progs.ll_floor))};
  }
  ~Nothing() override { empty_switch__destroy(skeleton_); }
  Nothing(const Nothing&) = delete;
  Nothing& operator=(const Nothing&) = delete;

 private:
  empty_switch* skeleton_;
};

class Loadline final : public Tracer {
 public:
  Loadline(std::unique_ptr<agent::Probes> probes, std::uint32_t features)
      : probes_(std::move(probes)), ledgers_(*probes_) {
    probes_->SetFeatures(features);
    programs_ = {IdOf(probes_->switch_program_fd())};
  }

  absl::Status Register(pid_t process) { return ledgers_.Open(process).status(); }

 private:
  std::unique_ptr<agent::Probes> probes_;
  agent::ProcessLedgers ledgers_;
};

class Tools final : public Tracer {
 public:
  Tools() = default;
  ~Tools() override {
    for (const pid_t pid : pids_) {
      kill(pid, SIGINT);
    }
    for (const pid_t pid : pids_) {
      waitpid(pid, nullptr, 0);
    }
  }
  Tools(const Tools&) = delete;
  Tools& operator=(const Tools&) = delete;

  absl::Status Start(const std::string& tool, const ProgramStats& stats) {
    const auto before = stats.Read();
    const pid_t pid = fork();
    if (pid < 0) {
      return absl::ErrnoToStatus(errno, "cannot fork");
    }
    if (pid == 0) {
      const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
      dup2(nowhere, STDIN_FILENO);
      dup2(nowhere, STDOUT_FILENO);
      dup2(nowhere, STDERR_FILENO);
      execlp(tool.c_str(), tool.c_str(), nullptr);
      _exit(127);
    }
    pids_.push_back(pid);
    return Take(tool, stats, before.empty() ? 0 : before.rbegin()->first);
  }

 private:
  // Waits until a program that came after `last` runs, and takes all those.
  absl::Status Take(const std::string& tool, const ProgramStats& stats, std::uint32_t last) {
    for (int tries = 0; tries < kAttachTries; ++tries) {
      poll(nullptr, 0, 100);
      std::vector<std::uint32_t> found;
      bool runs = false;
      for (const auto& [id, cost] : stats.Read()) {
        if (id > last) {
          found.push_back(id);
          runs = runs || cost.runs > 0;
        }
      }
      if (runs) {
        programs_.insert(programs_.end(), found.begin(), found.end());
        return absl::OkStatus();
      }
      if (waitpid(pids_.back(), nullptr, WNOHANG) != 0) {
        pids_.pop_back();
        return absl::NotFoundError(absl::StrCat(tool, " does not run: install libbpf-tools"));
      }
    }
    return absl::UnavailableError(absl::StrCat(tool, " attached nothing"));
  }

  std::vector<pid_t> pids_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Tracer>> TraceByNothing() {
  empty_switch* skeleton = empty_switch__open_and_load();
  if (skeleton == nullptr || empty_switch__attach(skeleton) != 0) {
    empty_switch__destroy(skeleton);
    return absl::InternalError("the empty program cannot be attached");
  }
  return std::make_unique<Nothing>(skeleton);
}

absl::StatusOr<std::unique_ptr<Tracer>> TraceByLoadline(std::uint32_t features, pid_t registered) {
  absl::StatusOr<std::unique_ptr<agent::Probes>> probes =
      agent::Probes::Load(agent::BpfSource::Options{});
  if (!probes.ok()) {
    return probes.status();
  }
  auto loadline = std::make_unique<Loadline>(*std::move(probes), features);
  if (absl::Status status = registered == 0 ? absl::OkStatus() : loadline->Register(registered);
      !status.ok()) {
    return status;
  }
  return loadline;
}

absl::StatusOr<std::unique_ptr<Tracer>> TraceByTools(std::span<const std::string> tools,
                                                     const ProgramStats& stats) {
  auto running = std::make_unique<Tools>();
  for (const std::string& tool : tools) {
    if (absl::Status status = running->Start(tool, stats); !status.ok()) {
      return status;
    }
  }
  return running;
}

}  // namespace loadline::bench
