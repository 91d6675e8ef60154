// SPDX-License-Identifier: Apache-2.0
#include "agent/simulate/static_limits.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iomanip>
#include <sstream>
#include <system_error>
#include <thread>

#include "loadline/random.h"
#include "loadline/sim/play.h"
#include "loadline/sim/time.h"

namespace loadline::cli {

StaticLimitCache::StaticLimitCache(std::string directory, std::string_view shipped)
    : directory_(std::move(directory)) {
  std::istringstream lines{std::string(shipped)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string scenario, seed, key;
    words >> scenario >> seed >> key;
    std::vector<double> goodput;
    for (double value = 0; words >> value;) {
      goodput.push_back(value);
    }
    if (!scenario.empty() && scenario.front() != '#' && !goodput.empty()) {
      shipped_.emplace(std::move(key), std::move(goodput));
    }
  }
}

std::string StaticLimitCache::DefaultDirectory() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != '\0') {
    return std::string(cache) + "/loadline/simulate";
  }
  const char* home = std::getenv("HOME");
  return home != nullptr && *home != '\0' ? std::string(home) + "/.cache/loadline/simulate" : "";
}

std::string StaticLimitCache::KeyOf(const std::string& yaml, std::uint64_t seed) {
  std::ostringstream key;
  key << std::hex << std::setfill('0') << std::setw(16) << StreamSeed(seed, yaml) << "-v"
      << std::dec << sim::kEngineVersion;
  return key.str();
}

std::optional<std::vector<double>> StaticLimitCache::Load(const std::string& yaml,
                                                          std::uint64_t seed) const {
  const std::string key = KeyOf(yaml, seed);
  if (const auto found = shipped_.find(key); found != shipped_.end()) {
    return found->second;
  }
  if (directory_.empty()) {
    return std::nullopt;
  }
  std::ifstream file(directory_ + "/" + key);
  std::size_t count = 0;
  std::vector<double> goodput;
  if (file >> count && count < 1000) {
    for (double value = 0; goodput.size() < count && file >> value;) {
      goodput.push_back(value);
    }
  }
  return count > 0 && goodput.size() == count ? std::optional(goodput) : std::nullopt;
}

void StaticLimitCache::Store(const std::string& yaml, std::uint64_t seed,
                             const std::vector<double>& goodput) const {
  std::error_code error;
  if (directory_.empty() || (std::filesystem::create_directories(directory_, error), error)) {
    return;
  }
  // Written aside and renamed, so that a reader never sees a half.
  const std::string path = directory_ + "/" + KeyOf(yaml, seed);
  std::ostringstream aside;
  aside << path << "." << std::this_thread::get_id();
  {
    std::ofstream file(aside.str());
    file << goodput.size() << std::setprecision(17);
    for (const double value : goodput) {
      file << " " << value;
    }
    file << "\n";
  }
  std::filesystem::rename(aside.str(), path, error);
}

}  // namespace loadline::cli
