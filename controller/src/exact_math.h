// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace loadline::control {

// Functions that give the same bits on every machine: only + - * /, which IEEE 754 defines exactly.
// The C library's differ between versions, and a decision must not.

// 2^x. `x` is held in [-1000, 1000]. Relative error below 1e-14.
double Exp2(double x) noexcept;

// The natural logarithm of x > 0; of anything else, that of the least positive normal number.
double Ln(double x) noexcept;

}  // namespace loadline::control
