// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loadline::cli {

// Remembers on disk what static limits reach in a scenario (O2), which takes longer to find out
// than the laws take to run. May be deleted at any time.
//
// Thread safety: any thread. Errors: none; what cannot be read or written is computed again.
class StaticLimitCache {
 public:
  // Empty: remembers nothing.
  explicit StaticLimitCache(std::string directory) : directory_(std::move(directory)) {}

  // $XDG_CACHE_HOME/loadline/simulate or ~/.cache/loadline/simulate; empty if there is neither.
  static std::string DefaultDirectory();

  // By phase. nullopt: not known, or the scenario or the engine is another one.
  std::optional<std::vector<double>> Load(const std::string& yaml, std::uint64_t seed) const;
  void Store(const std::string& yaml, std::uint64_t seed, const std::vector<double>& goodput) const;

 private:
  std::string PathOf(const std::string& yaml, std::uint64_t seed) const;

  std::string directory_;
};

}  // namespace loadline::cli
