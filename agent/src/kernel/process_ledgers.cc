// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/process_ledgers.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace loadline::agent {
namespace {

// A thread that is being moved by its own switch, on another CPU, is there the next time.
constexpr int kMoveTries = 5;

bool IsCrowded(std::uint32_t used, std::size_t slots) { return used > (slots - 1) / 4 * 3; }

}  // namespace

const ll_slot* ProcessLedgers::Reader::SlotOf(const ll_record& record) const {
  AssertHeld();
  const std::span<const ll_slot> host = ledgers_.probes_.slots();
  const LedgerArray* array = record.ledger == 0 ? nullptr : ledgers_.ArrayAt(record.ledger);
  if (record.slot == 0 || (record.ledger != 0 && array == nullptr)) {
    return nullptr;
  }
  const std::span<const ll_slot> slots = record.ledger == 0 ? host : array->slots();
  return record.slot < slots.size() ? &slots[record.slot] : nullptr;
}

bool ProcessLedgers::Reader::MayMove(pid_t tgid) const {
  AssertHeld();
  return ledgers_.arrays_of_.contains(tgid);
}

std::vector<pid_t> ProcessLedgers::Reader::processes() const {
  AssertHeld();
  std::vector<pid_t> tgids;
  for (const auto& [tgid, arrays] : ledgers_.arrays_of_) {
    tgids.push_back(tgid);
  }
  return tgids;
}

const LedgerArray* ProcessLedgers::ArrayAt(std::uint32_t number) const {
  return number < arrays_.size() ? arrays_[number].memory.get() : nullptr;
}

absl::StatusOr<ProcessLedgers::Crowd> ProcessLedgers::CrowdOf(pid_t tgid) {
  std::vector<ll_record> records;
  const absl::Status status = tgid > 0 ? probes_.Snapshot(tgid, records) : absl::OkStatus();
  if (!status.ok() && !absl::IsNotFound(status)) {
    return status;
  }
  Crowd crowd;
  for (const ll_record& record : records) {
    if (record.tgid == static_cast<__u32>(tgid) && record.kernel == 0) {
      ++crowd.threads;
      crowd.started_ns = record.process_started_ns;
    }
  }
  if (crowd.threads == 0) {
    return absl::NotFoundError(absl::StrCat("process ", tgid, " is not there"));
  }
  return crowd;
}

absl::StatusOr<std::uint32_t> ProcessLedgers::AddArray(pid_t tgid, std::size_t threads,
                                                       std::uint32_t generation) {
  const std::uint32_t slots = LedgerSlots(threads);
  std::uint32_t number = 1;
  {
    absl::ReaderMutexLock lock(&arrays_mutex_);
    while (ArrayAt(number) != nullptr) {
      ++number;
    }
    if (number >= LL_LEDGERS || bytes_ + LedgerBytes(slots) > kBytesMax) {
      return absl::ResourceExhaustedError(absl::StrCat("the ledgers of all processes take ", bytes_,
                                                       " bytes: they may take ", kBytesMax,
                                                       " together"));
    }
  }
  auto array = LedgerArray::Create(tgid, slots, generation, probes_.header());
  if (!array.ok()) {
    return array.status();
  }
  absl::MutexLock lock(&arrays_mutex_);
  arrays_.resize(std::max<std::size_t>(arrays_.size(), number + 1));
  bytes_ += LedgerBytes(slots);
  ++arrays_of_[tgid];
  arrays_[number] = {.memory = *std::move(array), .tgid = tgid, .closed = false};
  return number;
}

// Returns when every program that runs has seen what was told the kernel before. The array is put
// into the table, where it may be already.
absl::Status ProcessLedgers::Grace(std::uint32_t number) {
  int fd = -1;
  {
    absl::ReaderMutexLock lock(&arrays_mutex_);
    fd = ArrayAt(number)->fd();
  }
  return probes_.SetLedger(number, fd);
}

// Marks, waits until every switch that runs has seen the mark, and moves. All threads must have
// been announced that were born elsewhere: a grace period has passed since the registration
// changed.
absl::Status ProcessLedgers::MoveAll(pid_t tgid, std::uint32_t to, std::uint32_t grace) {
  std::vector<ll_moved> threads;
  absl::Status status = probes_.Move(tgid, LL_PASS_MARK, to, threads);
  if (absl::IsNotFound(status) || (status.ok() && threads.empty())) {
    return absl::OkStatus();  // It is gone.
  }
  if (status.ok()) {
    status = Grace(grace);
  }
  for (int tries = 0; tries < kMoveTries && status.ok(); ++tries) {
    threads.clear();
    status = probes_.Move(tgid, LL_PASS_MOVE, to, threads);
    if (std::ranges::none_of(threads, [](const ll_moved& thread) { return thread.marked != 0; })) {
      break;
    }
  }
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

absl::StatusOr<Ledger> ProcessLedgers::Enter(pid_t tgid, std::uint32_t generation) {
  const absl::StatusOr<Crowd> crowd = CrowdOf(tgid);
  if (!crowd.ok()) {
    return crowd.status();
  }
  const absl::StatusOr<std::uint32_t> number = AddArray(tgid, crowd->threads, generation);
  if (!number.ok()) {
    return number.status();
  }
  ShowEnd();
  // In this order: whoever begins before the grace period is over is marked, all others are born
  // in.
  absl::Status status = probes_.SetRegistration(
      tgid, {.started_ns = crowd->started_ns, .ledger = *number, .reserved = 0});
  if (status.ok()) {
    status = Grace(*number);
  }
  if (status.ok()) {
    status = MoveAll(tgid, *number, *number);
  }
  if (status.ok()) {
    status = probes_.ShowAlive();  // Whoever maps it believes it from the first moment on.
  }
  if (!status.ok()) {
    GoBack(tgid, crowd->started_ns);
    CloseArray(*number);
    return status;
  }
  processes_[tgid] = {.ledger = *number, .full_seen = 0};
  absl::ReaderMutexLock lock(&arrays_mutex_);
  const LedgerArray& array = *ArrayAt(*number);
  return Ledger{.fd = array.fd(),
                .slots = static_cast<std::uint32_t>(array.slots().size()),
                .generation = generation};
}

// Threads begin again where they began before a ledger was tried for.
void ProcessLedgers::GoBack(pid_t tgid, std::uint64_t started_ns) {
  const auto process = processes_.find(tgid);
  if (process == processes_.end() ||
      !probes_
           .SetRegistration(
               tgid, {.started_ns = started_ns, .ledger = process->second.ledger, .reserved = 0})
           .ok()) {
    probes_.DropRegistration(tgid);
  }
}

absl::StatusOr<Ledger> ProcessLedgers::Open(pid_t tgid) {
  absl::MutexLock lock(&mutex_);
  if (processes_.contains(tgid)) {
    return absl::AlreadyExistsError(absl::StrCat("process ", tgid, " has a ledger"));
  }
  if (processes_.size() >= kProcessesMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat(processes_.size(), " processes have ledgers: at most ", kProcessesMax));
  }
  return Enter(tgid, 1);
}

absl::StatusOr<Ledger> ProcessLedgers::Replace(pid_t tgid) {
  absl::MutexLock lock(&mutex_);
  const auto process = processes_.find(tgid);
  if (process == processes_.end()) {
    return absl::NotFoundError(absl::StrCat("process ", tgid, " has no ledger"));
  }
  const std::uint32_t old = process->second.ledger;
  std::uint32_t generation = 0;
  {
    absl::ReaderMutexLock reading(&arrays_mutex_);
    generation = ArrayAt(old)->header().generation;
    process->second.full_seen = ArrayAt(old)->full();  // One try for each that found no slot.
  }
  absl::StatusOr<Ledger> ledger = Enter(tgid, generation + 1);
  if (ledger.ok()) {
    CloseArray(old);
  }
  return ledger;
}

void ProcessLedgers::Close(pid_t tgid) {
  absl::MutexLock lock(&mutex_);
  const auto process = processes_.find(tgid);
  if (process == processes_.end()) {
    return;
  }
  const std::uint32_t number = process->second.ledger;
  processes_.erase(process);
  probes_.DropRegistration(tgid);
  CloseArray(number);
}

// Nobody is born into it any more. Whoever is still in it goes to the process's other array or to
// the host's, and the array when nobody is.
void ProcessLedgers::CloseArray(std::uint32_t number) {
  {
    absl::MutexLock lock(&arrays_mutex_);
    arrays_[number].closed = true;
  }
  Empty(number);
}

void ProcessLedgers::Empty(std::uint32_t number) {
  // A thread that is being born may have looked up the registration before it was taken back.
  if (!Grace(number).ok()) {
    return;  // The next Clean() tries again.
  }
  pid_t tgid = 0;
  bool empty = false;
  {
    absl::ReaderMutexLock lock(&arrays_mutex_);
    tgid = arrays_[number].tgid;
    empty = arrays_[number].memory->used() == 0;
  }
  if (!empty) {
    const auto process = processes_.find(tgid);
    MoveAll(tgid, process == processes_.end() ? 0 : process->second.ledger, number).IgnoreError();
  }
  DropIfEmpty(number);
}

void ProcessLedgers::DropIfEmpty(std::uint32_t number) {
  {
    absl::ReaderMutexLock lock(&arrays_mutex_);
    if (arrays_[number].memory->used() != 0) {
      return;
    }
  }
  if (!probes_.DropLedger(number).ok()) {
    return;  // The next Clean() tries again.
  }
  absl::MutexLock lock(&arrays_mutex_);
  Array& array = arrays_[number];
  bytes_ -= LedgerBytes(static_cast<std::uint32_t>(array.memory->slots().size()));
  if (const auto count = arrays_of_.find(array.tgid); --count->second == 0) {
    arrays_of_.erase(count);
  }
  array = {};
  ++arrays_dropped_;
  while (!arrays_.empty() && arrays_.back().memory == nullptr) {
    arrays_.pop_back();
  }
}

void ProcessLedgers::ShowEnd() {
  absl::ReaderMutexLock lock(&arrays_mutex_);
  probes_.SetLedgersEnd(static_cast<std::uint32_t>(arrays_.size()));
}

Ledgers::Need ProcessLedgers::NeedOf(pid_t tgid) {
  absl::MutexLock lock(&mutex_);
  const auto process = processes_.find(tgid);
  if (process == processes_.end()) {
    return Need::kNothing;
  }
  if (!probes_.HasRegistration(tgid)) {
    return Need::kClose;
  }
  absl::ReaderMutexLock reading(&arrays_mutex_);
  const LedgerArray& array = *ArrayAt(process->second.ledger);
  const bool full = array.full() != process->second.full_seen;
  return full || IsCrowded(array.used(), array.slots().size()) ? Need::kRoom : Need::kNothing;
}

// Costs 40 us: nothing where nobody looks. Who comes meanwhile is shown it by Enter().
absl::Status ProcessLedgers::ShowAlive() {
  {
    absl::ReaderMutexLock lock(&arrays_mutex_);
    if (arrays_of_.empty()) {
      return absl::OkStatus();
    }
  }
  return probes_.ShowAlive();
}

void ProcessLedgers::Clean() {
  absl::MutexLock lock(&mutex_);
  std::vector<std::uint32_t> closed;
  {
    absl::ReaderMutexLock reading(&arrays_mutex_);
    for (std::uint32_t number = 1; number < arrays_.size(); ++number) {
      if (arrays_[number].closed) {
        closed.push_back(number);
      }
    }
  }
  for (const std::uint32_t number : closed) {
    Empty(number);
  }
  ShowEnd();
}

std::vector<pid_t> ProcessLedgers::Processes() const {
  absl::ReaderMutexLock lock(&arrays_mutex_);
  std::vector<pid_t> tgids;
  for (const auto& [tgid, arrays] : arrays_of_) {
    tgids.push_back(tgid);
  }
  return tgids;
}

Ledgers::Use ProcessLedgers::use() const {
  absl::MutexLock lock(&mutex_);
  absl::ReaderMutexLock reading(&arrays_mutex_);
  return {.processes = processes_.size(), .bytes = bytes_};
}

}  // namespace loadline::agent
