// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace loadline {

// The finalizer of splitmix64: close numbers in, unrelated numbers out.
constexpr std::uint64_t Scramble(std::uint64_t z) noexcept {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

// The start of the stream `name`: one stream per use, so that a draw more in one leaves the others
// as they were.
constexpr std::uint64_t StreamSeed(std::uint64_t seed, std::string_view name) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a.
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return Scramble(hash ^ Scramble(seed + 0x9e3779b97f4a7c15U));
}

// splitmix64. The same numbers on every machine: equal seeds give equal decisions and equal
// scenarios. Seeds come from options, never from outside.
//
// Source: Steele, Lea, Flood, Fast splittable pseudorandom number generators, OOPSLA 2014.
class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) noexcept : state_(seed) {}

  // The draws of one request: they do not depend on which requests were served before it, so the
  // work offered is the same under every law.
  static constexpr Random ForItem(std::uint64_t stream, std::uint64_t item) noexcept {
    return Random(Scramble(stream + item * 0x9e3779b97f4a7c15U));
  }

  constexpr std::uint64_t Next() noexcept {
    state_ += 0x9e3779b97f4a7c15U;
    return Scramble(state_);
  }

  // In (0, 1): neither end, so that its logarithm is finite.
  constexpr double Uniform() noexcept {
    return (static_cast<double>(Next() >> 12) + 0.5) * 0x1p-52;
  }

 private:
  std::uint64_t state_;
};

}  // namespace loadline
