// SPDX-License-Identifier: Apache-2.0
#include "exact_math.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace loadline::control {
namespace {

constexpr double kLn2 = 0.69314718055994530942;

}  // namespace

double Exp2(double x) noexcept {
  x = x == x ? std::clamp(x, -1000.0, 1000.0) : 0;
  const int whole = static_cast<int>(x);
  const double y = (x - whole) * kLn2;
  double term = 1;
  double sum = 1;
  for (int k = 1; k < 20; ++k) {  // |y| < 0.7: the 19th term is below 1e-19.
    term *= y / k;
    sum += term;
  }
  return std::ldexp(sum, whole);  // Exact.
}

double Ln(double x) noexcept {
  if (!(x >= std::numeric_limits<double>::min())) {
    x = std::numeric_limits<double>::min();
  }
  x = std::min(x, std::numeric_limits<double>::max());
  int exponent = 0;
  double m = std::frexp(x, &exponent);  // Exact. In [0.5, 1).
  if (m < 0.70710678118654752) {
    m *= 2;
    --exponent;
  }
  const double z = (m - 1) / (m + 1);  // |z| < 0.172: the series gains 1.5 digits per term.
  const double z2 = z * z;
  double power = z;
  double sum = 0;
  for (int k = 1; k < 30; k += 2) {
    sum += power / k;
    power *= z2;
  }
  return 2 * sum + exponent * kLn2;
}

}  // namespace loadline::control
