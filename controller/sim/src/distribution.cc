// SPDX-License-Identifier: Apache-2.0
#include "loadline/sim/distribution.h"

#include <algorithm>
#include <cmath>

#include "real_math.h"

namespace loadline::sim {
namespace {

// The least value of a Pareto distribution.
double ParetoScale(double mean, double alpha) { return mean * (alpha - 1) / alpha; }

double Lognormal(double mean, double cv, double uniform) {
  const double variance = Log(1 + cv * cv);
  return mean * Exp(std::sqrt(variance) * InverseNormal(uniform) - variance / 2);
}

Ns SamplePart(const std::vector<Distribution>& parts, Random& random) {
  double left = random.Uniform();
  for (const Distribution& part : parts) {
    left -= part.share;
    if (left < 0) {
      return part.Sample(random);
    }
  }
  return parts.empty() ? 0 : parts.back().Sample(random);
}

}  // namespace

Ns Distribution::Sample(Random& random) const {
  double value = mean;
  switch (kind) {
    case Kind::kConstant:
      break;
    case Kind::kUniform:
      value = mean * (1 + shape * (2 * random.Uniform() - 1));
      break;
    case Kind::kExponential:
      value = -mean * Log(random.Uniform());
      break;
    case Kind::kLognormal:
      value = Lognormal(mean, shape, random.Uniform());
      break;
    case Kind::kPareto:
      value = ParetoScale(mean, shape) * Exp(-Log(random.Uniform()) / shape);
      break;
    case Kind::kMixture:
      return SamplePart(parts, random);
  }
  return static_cast<Ns>(cap > 0 ? std::min(value, cap) : value);
}

double Distribution::Mean() const {
  if (kind == Kind::kMixture) {
    double sum = 0;
    for (const Distribution& part : parts) {
      sum += part.share * part.Mean();
    }
    return sum;
  }
  if (kind == Kind::kPareto && cap > 0) {
    const double least = ParetoScale(mean, shape);
    return cap <= least ? cap : least * (shape - Pow(least / cap, shape - 1)) / (shape - 1);
  }
  return mean;
}

const Distribution* Timeline::At(Ns time) const {
  const Distribution* found = nullptr;
  for (const Piece& piece : pieces) {
    if (piece.from > time) {
      break;
    }
    found = &piece.distribution;
  }
  return found;
}

}  // namespace loadline::sim
