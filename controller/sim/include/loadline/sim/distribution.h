// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "loadline/random.h"
#include "loadline/sim/time.h"

namespace loadline::sim {

// How long something takes, as a distribution with a given mean.
struct Distribution {
  enum class Kind : std::uint8_t {
    kConstant,
    kUniform,  // mean * (1 +- shape).
    kExponential,
    kLognormal,  // shape: coefficient of variation.
    kPareto,     // shape: alpha > 1; cut off at `cap`.
    kMixture,    // `parts`, one of them by its share.
  };

  Kind kind = Kind::kConstant;
  double mean = 0;  // ns; of kPareto, before it is cut off.
  double shape = 0;
  double cap = 0;  // ns; 0: none.
  std::vector<Distribution> parts{};
  double share = 1;  // As one of the parts of a mixture.

  Ns Sample(Random& random) const;
  double Mean() const;
};

// A distribution that changes at given times.
struct Timeline {
  struct Piece {
    Ns from = 0;
    Distribution distribution{};
  };
  std::vector<Piece> pieces;  // By rising `from`; empty: always 0.

  bool empty() const { return pieces.empty(); }
  // Null before the first piece.
  const Distribution* At(Ns time) const;
};

}  // namespace loadline::sim
