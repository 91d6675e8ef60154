// SPDX-License-Identifier: Apache-2.0
#include "loadline/control/class_memory.h"

#include <algorithm>

namespace loadline::control {
namespace {

constexpr int kEnter = 3;  // Windows.
constexpr int kLeave = 5;

std::uint8_t OneMore(std::uint8_t count, int most) {
  return static_cast<std::uint8_t>(std::min(count + 1, most));
}

}  // namespace

bool ClassMemory::Active(Bottleneck bottleneck) const {
  for (std::size_t i = 0; i < order_.classes.size(); ++i) {
    if (order_.classes[i] == bottleneck) {
      return rules_[i].active;
    }
  }
  return false;
}

void ClassMemory::Choose() {
  verdict_ = {};
  for (std::size_t i = 0; i < order_.classes.size(); ++i) {
    if (rules_[i].active) {
      verdict_.bottleneck = order_.classes[i];
      break;
    }
  }
  const bool taken = verdict_.bottleneck == Bottleneck::kThrottled ||
                     verdict_.bottleneck == Bottleneck::kNeighbour;
  if (!taken || Active(Bottleneck::kAppLimited)) {
    return;
  }
  for (std::size_t i = order_.causes_begin; i < order_.causes_end; ++i) {
    if (rules_[i].active) {
      verdict_.modifier = verdict_.bottleneck;
      verdict_.bottleneck = order_.classes[i];
      return;
    }
  }
}

Verdict ClassMemory::Add(std::uint32_t holds) {
  Bottleneck now = Bottleneck::kHealthy;
  for (std::size_t i = order_.classes.size(); i-- > 0;) {
    const bool quick = order_.classes[i] == Bottleneck::kStale;
    Rule& rule = rules_[i];
    if ((holds >> i & 1) != 0) {
      now = order_.classes[i];
      rule.missed = 0;
      rule.held = OneMore(rule.held, kEnter);
      rule.active |= rule.held >= (quick ? 1 : kEnter);
    } else {
      rule.held = 0;
      rule.missed = OneMore(rule.missed, kLeave);
      rule.active &= rule.missed < (quick ? 1 : kLeave);
    }
  }
  Choose();
  recent_[next_] = now;
  next_ = static_cast<std::uint8_t>((next_ + 1) % kRecent);
  windows_ = OneMore(windows_, kRecent);
  const auto agreed =
      std::count_if(recent_.begin(), recent_.begin() + windows_, [this](Bottleneck b) {
        return b == verdict_.bottleneck ||
               (verdict_.modifier != Bottleneck::kHealthy && b == verdict_.modifier);
      });
  verdict_.confidence = static_cast<double>(agreed) / windows_;
  return verdict_;
}

}  // namespace loadline::control
