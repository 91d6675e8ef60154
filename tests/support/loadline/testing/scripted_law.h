// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "loadline/control/control_law.h"

namespace loadline::testing {

// A law that answers what it is told to, and keeps every window it is shown.
//
// Lifetime: `next` and `windows` must outlive it.
class ScriptedLaw final : public control::ControlLaw {
 public:
  ScriptedLaw(const control::Decision* next, std::vector<control::Window>* windows)
      : next_(next), windows_(windows) {}

  control::Decision OnTick(const control::Window& window) override {
    windows_->push_back(window);
    return *next_;
  }
  control::Decision decision() const override { return *next_; }
  std::string_view name() const override { return "scripted"; }

 private:
  const control::Decision* next_;
  std::vector<control::Window>* windows_;
};

}  // namespace loadline::testing
