// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace loadline::sim {

// Of + - * / and sqrt only, which IEEE 754 defines exactly: the C library's functions differ in the
// last bit between versions, and one bit is another history. Relative error below 1e-11, enough
// for sampling.
double Log(double x) noexcept;                      // x > 0 and normal.
double Exp(double x) noexcept;                      // x in [-700, 700].
double Pow(double base, double exponent) noexcept;  // base > 0.
double Sin(double x) noexcept;
double InverseNormal(double p) noexcept;  // p in (0, 1); error below 2e-9.

}  // namespace loadline::sim
