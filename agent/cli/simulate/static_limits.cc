// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/simulate/static_limits.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iomanip>
#include <sstream>
#include <system_error>
#include <thread>

#include "loadline/sim/play.h"
#include "loadline/sim/random.h"

namespace loadline::cli {

std::string StaticLimitCache::DefaultDirectory() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != '\0') {
    return std::string(cache) + "/loadline/simulate";
  }
  const char* home = std::getenv("HOME");
  return home != nullptr && *home != '\0' ? std::string(home) + "/.cache/loadline/simulate" : "";
}

std::string StaticLimitCache::PathOf(const std::string& yaml, std::uint64_t seed) const {
  std::ostringstream name;
  name << directory_ << "/" << std::hex << std::setfill('0') << std::setw(16)
       << sim::StreamSeed(seed, yaml) << "-v" << std::dec << sim::kEngineVersion;
  return name.str();
}

std::optional<std::vector<double>> StaticLimitCache::Load(const std::string& yaml,
                                                          std::uint64_t seed) const {
  if (directory_.empty()) {
    return std::nullopt;
  }
  std::ifstream file(PathOf(yaml, seed));
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
  std::ostringstream aside;
  aside << PathOf(yaml, seed) << "." << std::this_thread::get_id();
  {
    std::ofstream file(aside.str());
    file << goodput.size() << std::setprecision(17);
    for (const double value : goodput) {
      file << " " << value;
    }
    file << "\n";
  }
  std::filesystem::rename(aside.str(), PathOf(yaml, seed), error);
}

}  // namespace loadline::cli
