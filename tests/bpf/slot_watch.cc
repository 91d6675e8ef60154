// SPDX-License-Identifier: Apache-2.0
#include "tests/bpf/slot_watch.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "agent/src/kernel/probes.h"

namespace loadline::agent {
namespace {

class ProbesWatch final : public SlotWatch {
 public:
  explicit ProbesWatch(std::unique_ptr<Probes> probes) : probes_(std::move(probes)) {}

  std::size_t WithoutThread() override {
    auto now = Look();
    std::size_t stayed = 0;
    for (const auto& [slot, owner] : now) {
      const auto found = before_.find(slot);
      stayed += found != before_.end() && found->second == owner;
    }
    before_ = std::move(now);
    return stayed;
  }

 private:
  using Owner = std::pair<std::uint32_t, std::uint64_t>;  // A tid comes back, with another start.

  // Their numbers, and whose they are.
  std::map<std::uint32_t, Owner> Look() {
    std::map<std::uint32_t, Owner> owned;
    for (std::uint32_t i = 1; i < probes_->slots().size(); ++i) {
      if (probes_->slots()[i].state != LL_STATE_NONE) {
        owned[i] = {probes_->slots()[i].tid, probes_->slots()[i].started_ns};
      }
    }
    std::vector<ll_record> records;
    EXPECT_TRUE(probes_->Snapshot(0, records).ok());
    for (const ll_record& record : records) {
      if (record.ledger == 0) {
        owned.erase(record.slot);
      }
    }
    return owned;
  }

  std::unique_ptr<Probes> probes_;
  std::map<std::uint32_t, Owner> before_ = Look();
};

}  // namespace

absl::StatusOr<std::unique_ptr<SlotWatch>> SlotWatch::Create() {
  absl::StatusOr<std::unique_ptr<Probes>> probes = Probes::Load({});
  if (!probes.ok()) {
    return probes.status();
  }
  return std::make_unique<ProbesWatch>(*std::move(probes));
}

}  // namespace loadline::agent
