// SPDX-License-Identifier: Apache-2.0
// control_fuzz [--seed N] [--runs N | --seconds N]: random inputs for LLVMFuzzerTestOneInput, where
// there is no libFuzzer. The same seed and runs are the same inputs. Exit code 2: bad arguments.
//
// A broken property ends the program; the last line before it names the seed of the input, which
// `--seed N --runs 1` repeats.
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string_view>
#include <vector>

#include "loadline/steady_clock.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::uint64_t current = 0;  // Seed of the input that runs.

extern "C" void SayWhich(int) {
  std::fprintf(stderr, "input: control_fuzz --seed %llu --runs 1\n",
               static_cast<unsigned long long>(current));
}

std::vector<std::uint8_t> InputOf(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::uint8_t> input(8U << random() % 9);
  for (std::uint8_t& byte : input) {
    byte = static_cast<std::uint8_t>(random() >> 32);
  }
  return input;
}

bool ReadNumber(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seed = 1, runs = 0, seconds = 0;
  bool good = argc % 2 == 1;
  for (int i = 1; good && i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i];
    std::uint64_t* const number = flag == "--seed"      ? &seed
                                  : flag == "--runs"    ? &runs
                                  : flag == "--seconds" ? &seconds
                                                        : nullptr;
    good = number != nullptr && ReadNumber(argv[i + 1], *number);
  }
  if (!good || (runs == 0) == (seconds == 0)) {
    std::fprintf(stderr, "control_fuzz: usage: [--seed N] (--runs N | --seconds N)\n");
    return 2;
  }
  std::signal(SIGABRT, SayWhich);
  const loadline::Clock& clock = loadline::SteadyClock::Get();
  const auto end = clock.Now() + std::chrono::seconds{seconds};
  std::uint64_t done = 0;
  for (; runs > 0 ? done < runs : clock.Now() < end; ++done) {
    current = seed + done;
    const std::vector<std::uint8_t> input = InputOf(current);
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  std::printf("%llu inputs from seed %llu on: all properties hold\n",
              static_cast<unsigned long long>(done), static_cast<unsigned long long>(seed));
  return 0;
}
