// SPDX-License-Identifier: Apache-2.0
// Goal: each key has its default, can be overridden, and is refused out of range by one line that
// names it; the file loses to the environment, the environment to flags.
// Method: files in a directory of the test, an environment that is a map.
#include "agent/src/daemon/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;
using ::testing::HasSubstr;
using ::testing::Not;

class ConfigTest : public ::testing::Test {
 protected:
  // A folder of its own: tests of several users, and several at once, run on one machine.
  ConfigTest() {
    std::string name = ::testing::TempDir() + "loadline-config-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~ConfigTest() override { std::filesystem::remove_all(folder_); }

  std::string File(const std::string& content) {
    const std::string path = folder_ / "config_test.yaml";
    std::ofstream(path) << content;
    return path;
  }

  absl::StatusOr<Config> Load() {
    return LoadConfig({.file = file_,
                       .environment =
                           [this](const std::string& name) {
                             const auto found = environment_.find(name);
                             return found == environment_.end()
                                        ? std::nullopt
                                        : std::optional<std::string>(found->second);
                           },
                       .flags = flags_});
  }

  void Flag(std::string_view key, const std::string& value) {
    const auto found = std::ranges::find(Settings(), key, &Setting::key);
    ASSERT_NE(found, Settings().end()) << key;
    flags_.push_back({.setting = &*found, .value = value});
  }

  void ExpectRefused(const std::string& named) {
    const absl::StatusOr<Config> config = Load();
    ASSERT_FALSE(config.ok()) << named;
    EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
    const std::string message(config.status().message());
    EXPECT_THAT(message, HasSubstr(named));
    EXPECT_THAT(message, Not(HasSubstr("\n")));
  }

  std::filesystem::path folder_;
  std::optional<std::string> file_;
  std::map<std::string, std::string> environment_;
  std::vector<GivenFlag> flags_;
};

TEST_F(ConfigTest, HasDefaults) {
  const absl::StatusOr<Config> config = Load();
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->listen.host, "127.0.0.1");
  EXPECT_EQ(config->listen.port, 9435);
  EXPECT_EQ(config->runtime_dir, "");
  EXPECT_EQ(config->state_dir, "");
  EXPECT_EQ(config->source, "auto");
  EXPECT_EQ(config->refresh, 1000ms);
  EXPECT_EQ(config->series_max, 10'000u);
  EXPECT_EQ(config->pools_max, 200u);
  EXPECT_EQ(config->budget_cpu, 0.01);
  EXPECT_EQ(config->detail, Detail());
  EXPECT_EQ(config->log_level, "info");
}

TEST_F(ConfigTest, TakesEveryKeyFromTheFile) {
  file_ = File(
      "listen: '[::1]:0'\nruntime_dir: /tmp/x\nstate_dir: /tmp/y\nsource: proc\nrefresh_ms: "
      "250\nseries_max: "
      "500\npools_max: 7\n"
      "budget_cpu: 2.5\ndetail: peers,unregistered\nlog_level: debug\n");
  const absl::StatusOr<Config> config = Load();
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listen.host, "::1");
  EXPECT_EQ(config->listen.port, 0);
  EXPECT_EQ(config->runtime_dir, "/tmp/x");
  EXPECT_EQ(config->state_dir, "/tmp/y");
  EXPECT_EQ(config->source, "proc");
  EXPECT_EQ(config->refresh, 250ms);
  EXPECT_EQ(config->series_max, 500u);
  EXPECT_EQ(config->pools_max, 7u);
  EXPECT_EQ(config->budget_cpu, 0.025);
  EXPECT_FALSE(config->detail.has(Feature::kHistograms));
  EXPECT_TRUE(config->detail.has(Feature::kPeers));
  EXPECT_TRUE(config->detail.has(Feature::kUnregistered));
  EXPECT_EQ(config->log_level, "debug");
}

TEST_F(ConfigTest, TheEnvironmentWinsOverTheFileAndFlagsOverBoth) {
  file_ = File("pools_max: 1\nseries_max: 100\nrefresh_ms: 100\n");
  environment_ = {{"LOADLINE_POOLS_MAX", "2"}, {"LOADLINE_SERIES_MAX", "200"}};
  Flag("pools_max", "3");
  const absl::StatusOr<Config> config = Load();
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->pools_max, 3u);
  EXPECT_EQ(config->series_max, 200u);
  EXPECT_EQ(config->refresh, 100ms);
}

TEST_F(ConfigTest, EveryKeyOutOfRangeIsRefusedByName) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> wrong = {
      {"listen", {"", "9435", "localhost", "a:b", "127.0.0.1:65536", "127.0.0.1:-1", "::1:80"}},
      {"runtime_dir", {"", "relative"}},
      {"state_dir", {"", "relative"}},
      {"source", {"", "ebpf", "PROC"}},
      {"refresh_ms", {"99", "60001", "fast", "1e3", "100 ", "-100", "99999999999999999999"}},
      {"series_max", {"99", "1000001", "-1"}},
      {"pools_max", {"0", "10001", "many"}},
      {"budget_cpu", {"", "-1", "100.1", "nan", "1%"}},
      {"detail", {"", "some", "peers,", "peers;histograms", "Peers", "all,none"}},
      {"log_level", {"", "loud", "INFO"}},
  };
  ASSERT_EQ(wrong.size(), Settings().size());
  for (const auto& [key, values] : wrong) {
    for (const std::string& value : values) {
      flags_.clear();
      environment_.clear();
      Flag(key, value);
      const Setting& setting = *flags_[0].setting;
      ExpectRefused(setting.flag_name());
      flags_.clear();
      environment_ = {{setting.environment_name(), value}};
      ExpectRefused(setting.environment_name());
    }
  }
}

TEST_F(ConfigTest, ErrorsOfTheFileNameTheLine) {
  file_ = File("# comment\nrefresh_ms: 100\n\npools_max: none\n");
  ExpectRefused("config_test.yaml:4: pools_max: \"none\" must be");
  file_ = File("refresh_ms: 100\nrefresh: 100\n");
  ExpectRefused("config_test.yaml:2: refresh: no such key");
  file_ = File("refresh_ms: 100\nrefresh_ms: 200\n");
  ExpectRefused("config_test.yaml:2: refresh_ms: is there twice");
  file_ = File("listen:\n  port: 80\n");
  ExpectRefused("config_test.yaml:1: listen: must be one plain value");
  file_ = File("- listen\n");
  ExpectRefused("config_test.yaml:1: must be lines of");
  file_ = File("refresh_ms: 100\nlisten: [\n");
  ExpectRefused("config_test.yaml:");
  file_ = File("refresh_ms: 100\n---\nnonsense: 1\n");
  ExpectRefused("config_test.yaml:3: must be one document");
  file_ = "/no/such/file";
  ExpectRefused("--config: cannot read /no/such/file");
  file_ = "/" + std::string(5000, 'x');  // What the file system refuses to look at, too.
  ExpectRefused("--config: cannot read /xxx");
  file_ = "/tmp";
  ExpectRefused("--config: cannot read /tmp: Is a directory");
}

TEST_F(ConfigTest, AnEmptyFileSaysNothing) {
  file_ = File("# nothing\n");
  EXPECT_TRUE(Load().ok());
}

}  // namespace
}  // namespace loadline::agent
