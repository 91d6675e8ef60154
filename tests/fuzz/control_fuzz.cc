// SPDX-License-Identifier: Apache-2.0
// One input for all parts of the controller: the first byte chooses the part.
#include <array>
#include <cstddef>
#include <cstdint>

#include "targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace loadline::fuzz;
  // Laws hold most of the code, so they get most of the inputs.
  constexpr std::array kTargets = {FuzzLaw,         FuzzLaw,
                                   FuzzLaw,         FuzzLaw,
                                   FuzzPoolSizer,   FuzzPoolSizer,
                                   FuzzBurstQueue,  FuzzShedder,
                                   FuzzRetryBudget, FuzzCircuitBreaker,
                                   FuzzClassifier,  FuzzKernelClassifier};
  Bytes bytes({data, size});
  kTargets[bytes.Below(kTargets.size())](bytes);
  return 0;
}
