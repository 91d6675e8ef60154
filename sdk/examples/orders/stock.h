// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

namespace loadline::examples {

// The dependency that an order needs.
//
// Thread safety: any.
class Stock {
 public:
  virtual ~Stock() = default;

  // Waits for the dependency's answer, 30 s at most, as services often do. False: none came.
  virtual bool Reserve(const std::string& item) = 0;

  // Lets the waits in progress and all later ones fail at once.
  virtual void Cancel() = 0;
};

std::unique_ptr<Stock> MakeHttpStock(const std::string& address);
std::unique_ptr<Stock> MakePostgresStock(const std::string& conninfo);

}  // namespace loadline::examples
