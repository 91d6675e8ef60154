// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace loadline::agent {

// What is measured beyond the counters of registered processes, in the order in which it is given
// up when measuring costs too much: what is missed least comes first.
enum class Feature : std::uint8_t {
  kHistograms,    // How long waits lasted.
  kPeers,         // What waits were for: peers, futexes, neighbours.
  kUnregistered,  // Processes with neither a session nor a ledger.
};
inline constexpr std::array kFeatures = {Feature::kHistograms, Feature::kPeers,
                                         Feature::kUnregistered};
inline constexpr std::size_t kFeatureCount = kFeatures.size();

// A label value, and a word of the configuration.
constexpr std::string_view Name(Feature feature) {
  constexpr std::array<std::string_view, kFeatureCount> kNames = {"histograms", "peers",
                                                                  "unregistered"};
  return kNames[static_cast<std::size_t>(feature)];
}

// Which of them are measured.
class Detail {
 public:
  bool has(Feature feature) const { return has_[static_cast<std::size_t>(feature)]; }
  void set(Feature feature, bool on) { has_[static_cast<std::size_t>(feature)] = on; }
  friend bool operator==(const Detail&, const Detail&) = default;

 private:
  std::array<bool, kFeatureCount> has_ = {true, true, true};
};

}  // namespace loadline::agent
