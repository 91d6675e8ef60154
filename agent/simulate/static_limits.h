// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadline::cli {

// Remembers what static limits reach in a scenario (O2), which takes longer to find out than the
// laws take to run: for the suite it comes with the program, for other scenarios it is kept on
// disk. What is on disk may be deleted at any time.
//
// An answer is known by a hash of the scenario's text, the seed and sim::kEngineVersion.
//
// Thread safety: any thread. Errors: none; what cannot be read or written is computed again.
class StaticLimitCache {
 public:
  // `directory`: empty: remembers nothing more. `shipped`: lines of SCENARIO SEED KEY GOODPUT...,
  // one goodput for each phase; lines that begin with # are for people.
  explicit StaticLimitCache(std::string directory, std::string_view shipped = {});

  // $XDG_CACHE_HOME/loadline/simulate or ~/.cache/loadline/simulate; empty if there is neither.
  static std::string DefaultDirectory();

  // "0123456789abcdef-v1"
  static std::string KeyOf(const std::string& yaml, std::uint64_t seed);

  // By phase. nullopt: not known, or the scenario or the engine is another one.
  std::optional<std::vector<double>> Load(const std::string& yaml, std::uint64_t seed) const;
  void Store(const std::string& yaml, std::uint64_t seed, const std::vector<double>& goodput) const;

 private:
  std::string directory_;
  std::map<std::string, std::vector<double>, std::less<>> shipped_;  // By key.
};

}  // namespace loadline::cli
