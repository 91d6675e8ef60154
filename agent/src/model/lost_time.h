// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/src/model/cause.h"
#include "loadline/clock.h"

namespace loadline::agent {

// What threads lost to one cause with one culprit.
struct LostPart {
  Cause cause = Cause::kUnknown;
  std::string culprit = {};  // An address, a lock, a process; may be empty.
  std::string why = {};     // What the culprit does meanwhile; may be empty. Of the last one added.
  Clock::Duration time{};   // Of threads.
  std::uint64_t waits = 0;  // That ended, or are in progress; 0: not counted.
};

// Time of threads by cause and culprit. Few causes have more than one or two culprits: looked for
// one by one.
//
// Thread safety: none.
class LostTime {
 public:
  static constexpr std::size_t kPartsMax = 24;  // Beyond, new culprits of a cause are "other".

  void Add(Cause cause, std::string_view culprit, Clock::Duration time, std::uint64_t waits = 0,
           std::string_view why = {});
  void Add(const LostTime& other);
  void Clear() { parts_.clear(); }

  const std::vector<LostPart>& parts() const { return parts_; }
  Clock::Duration Sum() const;
  Clock::Duration Of(Cause cause) const;
  bool empty() const { return parts_.empty(); }

 private:
  std::vector<LostPart> parts_;
};

}  // namespace loadline::agent
