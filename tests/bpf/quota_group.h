// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace loadline::agent {

// A group that may use so much of one CPU: version 1 of control groups, or 2 where it is unmixed.
// `above`: it is made in that one, and outlived by it.
class QuotaGroup {
 public:
  static constexpr int kNoQuota = 0;

  explicit QuotaGroup(int percent, const QuotaGroup* above = nullptr)
      : v1_(std::ifstream("/sys/fs/cgroup/cpu/cpu.stat").good()) {
    const std::string top = v1_ ? "/sys/fs/cgroup/cpu" : "/sys/fs/cgroup";
    const std::string parent = above == nullptr ? top : above->path_;
    static int groups = 0;
    path_ = parent + "/loadline-test-" + std::to_string(getpid()) + "-" + std::to_string(++groups);
    if (!v1_) {
      Write(parent + "/cgroup.subtree_control", "+cpu");
    }
    ok_ = mkdir(path_.c_str(), 0755) == 0 && (percent == kNoQuota || Limit(percent));
  }
  ~QuotaGroup() { rmdir(path_.c_str()); }
  QuotaGroup(const QuotaGroup&) = delete;
  QuotaGroup& operator=(const QuotaGroup&) = delete;

  bool ok() const { return ok_; }
  bool Join() const { return Write(path_ + "/cgroup.procs", std::to_string(getpid())); }
  // Seconds for which its own quota held the group back.
  double Throttled() const { return ThrottledIn("/cpu.stat"); }
  // For which any quota did, summed up over CPUs; negative: the kernel does not say.
  double ThrottledByAny() const { return ThrottledIn("/cpu.stat.local"); }

 private:
  double ThrottledIn(const std::string& file) const {
    std::ifstream stat(path_ + file);
    for (std::string key; stat >> key;) {
      double value = 0;
      stat >> value;
      if (key == "throttled_time") {
        return value / 1e9;
      }
      if (key == "throttled_usec") {
        return value / 1e6;
      }
    }
    return -1;
  }
  bool Limit(int percent) const {
    const std::string quota = std::to_string(percent * 1000);
    return v1_ ? Write(path_ + "/cpu.cfs_period_us", "100000") &&
                     Write(path_ + "/cpu.cfs_quota_us", quota)
               : Write(path_ + "/cpu.max", quota + " 100000");
  }
  static bool Write(const std::string& file, const std::string& text) {
    return static_cast<bool>(std::ofstream(file, std::ios::in) << text << std::flush);
  }

  const bool v1_;
  std::string path_;
  bool ok_ = false;
};

}  // namespace loadline::agent
