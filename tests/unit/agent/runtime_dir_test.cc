// SPDX-License-Identifier: Apache-2.0
// Goal: the agent's directory is open to readers and closed to writers, whoever made it.
// Method: directories of the test's own, with modes and owners as they should not be.
#include "agent/src/daemon/runtime_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace loadline::agent {
namespace {

using ::testing::HasSubstr;

class RuntimeDirTest : public ::testing::Test {
 protected:
  RuntimeDirTest() {
    char path[] = "/tmp/loadline-test-XXXXXX";
    base_ = mkdtemp(path);
  }
  ~RuntimeDirTest() override { std::filesystem::remove_all(base_); }

  void ExpectRefused(const std::string& path) {
    const absl::Status status = RuntimeDir::Claim(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()), HasSubstr(path));
    EXPECT_FALSE(std::filesystem::exists(path + "/lock"));
  }

  std::string base_;
};

TEST_F(RuntimeDirTest, AUmaskNeitherClosesNorOpensTheDirectoryThatItMakes) {
  for (const mode_t mask : {077, 000}) {
    const std::string path = base_ + "/made-" + std::to_string(mask);
    const mode_t before = umask(mask);
    EXPECT_TRUE(RuntimeDir::Claim(path).ok());
    umask(before);
    struct stat dir {};
    ASSERT_EQ(stat(path.c_str(), &dir), 0);
    EXPECT_EQ(dir.st_mode & 0777, 0755u) << mask;
  }
}

TEST_F(RuntimeDirTest, ADirectoryThatOthersCanWriteIsRefused) {
  ASSERT_EQ(chmod(base_.c_str(), 0777), 0);
  ExpectRefused(base_);
  ASSERT_EQ(chmod(base_.c_str(), 0700), 0);
  EXPECT_TRUE(RuntimeDir::Claim(base_).ok());
}

TEST_F(RuntimeDirTest, ADirectoryOfAnotherUserIsRefused) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root can give a directory away";
  }
  ASSERT_EQ(chown(base_.c_str(), 65534, static_cast<gid_t>(-1)), 0);
  ExpectRefused(base_);
}

TEST_F(RuntimeDirTest, AFileIsNoDirectory) {
  const std::string path = base_ + "/file";
  std::ofstream(path) << "nothing";
  EXPECT_EQ(RuntimeDir::Claim(path).status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace loadline::agent
