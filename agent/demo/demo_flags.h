// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "agent/demo/demo_options.h"

namespace CLI {
class App;
}

namespace loadline::demo {

// The flags of `loadline demo` as they were given. Must outlive the command that they belong to.
class DemoFlags {
 public:
  // Adds them to `command`, with their ranges: a wrong one is a parse error that names it.
  void AddTo(CLI::App& command);

  DemoOptions ToOptions() const;

 private:
  int seconds_ = 90;
  int independent_rate_ = 150;
  int dependent_rate_ = 100;
  std::string mode_ = "both";
  bool json_ = false;
  bool keep_ = false;
  bool postgres_ = false;
};

}  // namespace loadline::demo
