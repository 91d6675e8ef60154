// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bytes.h"

// One target for each part of the controller: what must hold whatever comes in. Each reads its
// input to the end; a broken property ends the program (check.h).
namespace loadline::fuzz {

void FuzzLaw(Bytes& bytes);  // Every law, its options included.
void FuzzPoolSizer(Bytes& bytes);
void FuzzBurstQueue(Bytes& bytes);
void FuzzShedder(Bytes& bytes);  // And tenants' shares.
void FuzzRetryBudget(Bytes& bytes);
void FuzzCircuitBreaker(Bytes& bytes);
void FuzzClassifier(Bytes& bytes);
void FuzzKernelClassifier(Bytes& bytes);

}  // namespace loadline::fuzz
