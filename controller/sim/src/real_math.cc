// SPDX-License-Identifier: Apache-2.0
#include "real_math.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace loadline::sim {
namespace {

constexpr double kLn2 = 0.693147180559945309417;
constexpr double kPi = 3.14159265358979323846;

// c[0] x^(n-1) + ... + c[n-1]
template <std::size_t n>
double Horner(const std::array<double, n>& c, double x) noexcept {
  double sum = 0;
  for (const double each : c) {
    sum = sum * x + each;
  }
  return sum;
}

}  // namespace

double Log(double x) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  int exponent = static_cast<int>(bits >> 52) - 1023;
  auto m = std::bit_cast<double>((bits & 0x000fffffffffffffU) | 0x3ff0000000000000U);
  if (m > 1.4142135623730951) {
    m /= 2;
    ++exponent;
  }
  const double s = (m - 1) / (m + 1);  // |s| < 0.172, so s^15 / 15 < 3e-13.
  const double q = s * s;
  constexpr std::array<double, 7> kOdd = {1.0 / 13, 1.0 / 11, 1.0 / 9, 1.0 / 7,
                                          1.0 / 5,  1.0 / 3,  1.0};
  return 2 * s * Horner(kOdd, q) + exponent * kLn2;
}

double Exp(double x) noexcept {
  const double k = std::floor(x / kLn2 + 0.5);
  const double r = x - k * kLn2;  // |r| < 0.347, so r^12 / 12! < 7e-15.
  double term = 1;
  double sum = 1;
  for (int i = 1; i < 12; ++i) {
    term = term * r / i;
    sum += term;
  }
  const auto exponent = static_cast<std::uint64_t>(static_cast<std::int64_t>(k) + 1023);
  return sum * std::bit_cast<double>(exponent << 52);
}

double Pow(double base, double exponent) noexcept { return Exp(exponent * Log(base)); }

double Sin(double x) noexcept {
  double r = x - 2 * kPi * std::floor(x / (2 * kPi) + 0.5);
  if (r > kPi / 2) {
    r = kPi - r;
  } else if (r < -kPi / 2) {
    r = -kPi - r;
  }
  double term = r;
  double sum = r;
  for (int i = 1; i < 9; ++i) {
    term = -term * r * r / ((2 * i) * (2 * i + 1));
    sum += term;
  }
  return sum;
}

// Source: P. J. Acklam, An algorithm for computing the inverse normal cumulative distribution
// function, 2003.
double InverseNormal(double p) noexcept {
  constexpr std::array<double, 6> kA = {-3.969683028665376e+01, 2.209460984245205e+02,
                                        -2.759285104469687e+02, 1.383577518672690e+02,
                                        -3.066479806614716e+01, 2.506628277459239e+00};
  constexpr std::array<double, 6> kB = {-5.447609879822406e+01, 1.615858368580409e+02,
                                        -1.556989798598866e+02, 6.680131188771972e+01,
                                        -1.328068155288572e+01, 1.0};
  constexpr std::array<double, 6> kC = {-7.784894002430293e-03, -3.223964580411365e-01,
                                        -2.400758277161838e+00, -2.549732539343734e+00,
                                        4.374664141464968e+00,  2.938163982698783e+00};
  constexpr std::array<double, 5> kD = {7.784695709041462e-03, 3.224671290700398e-01,
                                        2.445134137142996e+00, 3.754408661907416e+00, 1.0};
  constexpr double kTail = 0.02425;
  if (p < kTail) {
    const double q = std::sqrt(-2 * Log(p));
    return Horner(kC, q) / Horner(kD, q);
  }
  if (p > 1 - kTail) {
    const double q = std::sqrt(-2 * Log(1 - p));
    return -Horner(kC, q) / Horner(kD, q);
  }
  const double q = p - 0.5;
  return Horner(kA, q * q) * q / Horner(kB, q * q);
}

}  // namespace loadline::sim
