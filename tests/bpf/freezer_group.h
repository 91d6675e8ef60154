// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

#include "agent/src/sampler/proc_cgroup.h"

namespace loadline::agent {

// A group that can be frozen, of version 1 or 2.
class FreezerGroup {
 public:
  explicit FreezerGroup(int version) : version_(version) {
    std::ifstream file("/proc/self/mountinfo");
    const std::string mounts{std::istreambuf_iterator<char>(file), {}};
    const auto found =
        version == 1 ? FindHierarchy(mounts, "freezer") : FindUnifiedHierarchy(mounts);
    if (found) {
      path_ = found->mount_point + "/loadline-test-" + std::to_string(getpid());
      ok_ = mkdir(path_.c_str(), 0755) == 0 && mkdir(Inner().c_str(), 0755) == 0;
    }
  }
  ~FreezerGroup() {
    rmdir(Inner().c_str());
    rmdir(path_.c_str());
  }
  FreezerGroup(const FreezerGroup&) = delete;
  FreezerGroup& operator=(const FreezerGroup&) = delete;

  bool ok() const { return ok_; }
  // Into a group below the one that is frozen.
  bool Take(pid_t pid) const { return Write(Inner() + "/cgroup.procs", std::to_string(pid)); }
  bool Freeze() const { return Set("FROZEN", "1"); }
  bool Thaw() const { return Set("THAWED", "0"); }

 private:
  std::string Inner() const { return path_ + "/inner"; }
  bool Set(const std::string& state, const std::string& value) const {
    return version_ == 1 ? Write(path_ + "/freezer.state", state)
                         : Write(path_ + "/cgroup.freeze", value);
  }
  static bool Write(const std::string& file, const std::string& text) {
    return static_cast<bool>(std::ofstream(file, std::ios::in) << text << std::flush);
  }

  const int version_;
  std::string path_;
  bool ok_ = false;
};

}  // namespace loadline::agent
