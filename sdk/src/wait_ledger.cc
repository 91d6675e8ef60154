// SPDX-License-Identifier: Apache-2.0
#include "loadline/wait_ledger.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <new>
#include <vector>

#include "ledger/counters.h"
#include "ledger/slot_reader.h"
#include "loadline/detail/environment.h"
#include "loadline/detail/mutex.h"
#include "loadline_abi/ledger.h"
#include "sdk/src/descriptor_channel.h"

namespace loadline {
namespace {

using Duration = Clock::Duration;

static_assert(LL_LEDGER_STATUS_COUNT == static_cast<int>(LedgerState::kFailed) -
                                            static_cast<int>(LedgerState::kVersion) + 2,
              "a state for each answer but LL_LEDGER_GIVEN");

// Where arrays are mapped: 65,536 slots, of which only those of the array are ever touched.
constexpr std::size_t kRegionBytes = std::size_t{16} << 20;

constexpr Duration kAliveFor{LL_ALIVE_FOR_NS};
// Without news for so long, or when the array has been left, a message may be waiting.
constexpr Duration kListenAfter = std::chrono::milliseconds{300};
constexpr Duration kListenEvery = std::chrono::seconds{1};
constexpr Duration kTryEvery = std::chrono::seconds{1};
constexpr Duration kAskAgainEvery = std::chrono::seconds{10};  // Who was refused.

// Numbers for epochs and sessions of all ledgers of this process.
std::atomic<std::uint64_t> next_number{1};

struct OwnSlot {
  std::uint64_t epoch = 0;
  const ll_slot* slot = nullptr;
  pid_t tid = 0;
};
// Initial-exec: a load, where a shared library would call a function.
[[gnu::tls_model("initial-exec")]] thread_local OwnSlot own_slot;

// In the place of what is mapped there; that stays where the kernel has no memory for another map.
void MapNothing(char* at, std::size_t bytes) {
  static_cast<void>(mmap(at, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
}

std::string SocketBeside(const std::string& self_socket) {
  return self_socket.substr(0, self_socket.rfind('/') + 1) + "ledger.sock";
}

std::string FindSocket(const std::string& wanted) {
  if (!wanted.empty()) {
    return SocketBeside(wanted);
  }
  for (const std::string& path : detail::AgentSocketPaths()) {
    if (std::string socket = SocketBeside(path); access(socket.c_str(), F_OK) == 0) {
      return socket;
    }
  }
  return "";
}

// The scheduler's clock and ours may drift apart by some 100 ppm: what a wait has too much.
void TakeFromWaits(Duration excess, PoolCounters& time) {
  const auto take = [&excess](Duration& from) {
    const Duration taken = std::min(from, excess);
    from -= taken;
    excess -= taken;
  };
  std::ranges::for_each(time.blocked, take);
  for (Duration* wait :
       {&time.runq_unattributed, &time.runq_neighbour, &time.runq_self, &time.runq_throttled}) {
    take(*wait);
  }
}

}  // namespace

WaitMark& WaitMark::operator=(const WaitMark& other) noexcept {
  session_ = other.session_;
  if (session_ != 0) {
    tid_ = other.tid_;
    at_ = other.at_;
    totals_ = other.totals_;
  }
  return *this;
}

struct WaitLedger::Impl {
  std::string agent_socket;
  char* region = nullptr;  // Readable as long as the ledger lives: arrays come and go in it.
  std::atomic<std::uint32_t> slots{0};

  detail::Mutex mutex;  // Of Poll(), never of Begin() and End(); guards what follows.
  DescriptorChannel channel;
  std::optional<Clock::Time> try_at;
  Clock::Time listened_at{};

  const ll_slot* at(std::uint32_t index) const {
    return reinterpret_cast<const ll_slot*>(region) + index;
  }
  const ll_ledger_header& header() const {
    return *reinterpret_cast<const ll_ledger_header*>(region);
  }
  bool IsAlive(Clock::Time now, Duration for_at_most) const {
    const auto alive_ns =
        static_cast<std::int64_t>(__atomic_load_n(&header().alive_ns, __ATOMIC_RELAXED));
    const Duration age = now.time_since_epoch() - Duration{alive_ns};
    // In a time namespace of its own the process has another CLOCK_MONOTONIC: then nothing fits.
    return age <= for_at_most && age >= -for_at_most;
  }

  const ll_slot* Find(pid_t tid) const {
    for (std::uint32_t i = 1; i < slots.load(std::memory_order_relaxed); ++i) {
      if (__atomic_load_n(&at(i)->tid_inner, __ATOMIC_RELAXED) == static_cast<__u32>(tid)) {
        return at(i);
      }
    }
    return nullptr;
  }

  bool Reserve() {
    void* memory = mmap(nullptr, kRegionBytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    region = memory == MAP_FAILED ? nullptr : static_cast<char*>(memory);
    return region != nullptr;
  }
  // In the place of the array before, which may have readers now: they find other slots or none,
  // and always memory.
  bool Map(int fd, std::uint32_t count) {
    const std::size_t bytes = count * sizeof(ll_slot);
    const std::size_t before = slots.load(std::memory_order_relaxed) * sizeof(ll_slot);
    slots.store(0, std::memory_order_relaxed);
    if (count < 2 || bytes > kRegionBytes) {
      return false;
    }
    if (mmap(region, bytes, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
      // Before Linux 6.12 that may leave a hole, which others would fill.
      MapNothing(region, bytes);
      return false;
    }
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t end = (bytes + page - 1) / page * page;
    if (before > end) {
      MapNothing(region + end, before - end);
    }
    if (header().version != LL_ABI_VERSION || header().slots != count) {
      return false;
    }
    slots.store(count, std::memory_order_relaxed);
    return true;
  }
};

// Without a lock: there is one thread. The socket goes, so that the agent sees the parent's end,
// and the mapping.
void WaitLedger::CloseInChild() {
  epoch_.store(0, std::memory_order_relaxed);
  state_.store(LedgerState::kForked, std::memory_order_relaxed);
  impl_->channel.Close();
  if (impl_->region != nullptr) {
    MapNothing(impl_->region, kRegionBytes);
  }
}

// The ledgers of this process, for a child of fork() to close.
class WaitLedger::Family {
 public:
  // Never ends: Process() may be used by what runs after main().
  static Family& Get() {
    static Family& family = *new Family;
    return family;
  }
  void Add(WaitLedger* ledger) {
    detail::MutexLock lock(mutex_);
    ledgers_.push_back(ledger);
  }
  void Remove(WaitLedger* ledger) {
    detail::MutexLock lock(mutex_);
    std::erase(ledgers_, ledger);
  }

 private:
  Family() {
    // The first locks before fork(), either of the others unlocks after it: clang cannot know.
    pthread_atfork([]() ABSL_NO_THREAD_SAFETY_ANALYSIS { Get().mutex_.Lock(); },
                   []() ABSL_NO_THREAD_SAFETY_ANALYSIS { Get().mutex_.Unlock(); },
                   [] { Get().CloseInChild(); });
  }
  void CloseInChild() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    own_slot = {};  // The only thread that a child has.
    for (WaitLedger* ledger : ledgers_) {
      ledger->CloseInChild();
    }
    mutex_.Unlock();
  }

  detail::Mutex mutex_;
  std::vector<WaitLedger*> ledgers_;
};

WaitLedger& WaitLedger::Process() {
  alignas(WaitLedger) static char memory[sizeof(WaitLedger)];
  static auto* const ledger = new (memory) WaitLedger();
  return *ledger;
}

WaitLedger::WaitLedger(const WaitLedgerOptions& options)
    : clock_(*options.clock), impl_(std::make_unique<Impl>()) {
  impl_->agent_socket = options.agent_socket;
  Family::Get().Add(this);
}

WaitLedger::~WaitLedger() {
  Family::Get().Remove(this);
  if (impl_->region != nullptr) {
    munmap(impl_->region, kRegionBytes);
  }
}

const void* WaitLedger::FindOwnSlot(std::uint64_t epoch) noexcept {
  if (epoch == 0) {
    return nullptr;
  }
  const auto tid = static_cast<pid_t>(syscall(SYS_gettid));
  own_slot = {.epoch = epoch, .slot = impl_->Find(tid), .tid = tid};
  return own_slot.slot;
}

// Null: none. A thread without a slot is not looked for again in the same array.
inline const void* WaitLedger::OwnSlot() noexcept {
  const std::uint64_t epoch = epoch_.load(std::memory_order_acquire);
  return own_slot.epoch == epoch ? own_slot.slot : FindOwnSlot(epoch);
}

// Calls `take` with the totals of this thread, as they are at `at`. The clock is read with them: a
// switch between the two would count in one and not in the other.
template <typename Take>
inline bool WaitLedger::Look(WaitMark& at, Take take) noexcept {
  const auto* const slot = static_cast<const ll_slot*>(OwnSlot());
  if (slot == nullptr) {
    return false;
  }
  __u32 tid = 0;
  const bool whole = ReadConsistently(*slot, [&] {
    take(slot->totals);
    tid = slot->tid_inner;
    at.at_ = clock_.Now();
  });
  at.tid_ = own_slot.tid;
  at.session_ = session_.load(std::memory_order_relaxed);
  return whole && tid == static_cast<__u32>(at.tid_) && impl_->IsAlive(at.at_, kAliveFor);
}

WaitMark WaitLedger::Begin() noexcept {
  WaitMark mark;
  static_assert(sizeof(ll_totals) == sizeof(mark.totals_));
  if (!Look(mark, [&](const ll_totals& totals) {
        std::memcpy(mark.totals_.data(), &totals, sizeof totals);
      })) {
    mark.session_ = 0;
  }
  return mark;
}

std::optional<WaitBreakdown> WaitLedger::End(const WaitMark& mark) noexcept {
  if (mark.session_ == 0) {
    return std::nullopt;
  }
  std::optional<WaitBreakdown> out(std::in_place);
  Duration away{};
  WaitMark end;
  const auto& before = *reinterpret_cast<const ll_totals*>(mark.totals_.data());
  if (!Look(end, [&](const ll_totals& now) { away = SubtractWaits(now, before, out->time); }) ||
      end.session_ != mark.session_ || end.tid_ != mark.tid_) {
    return std::nullopt;
  }
  // The thread is on the CPU at both moments: what it was not away is what it ran.
  out->wall = end.at_ - mark.at_;
  out->time.on_cpu = out->wall - away;
  if (out->time.on_cpu < Duration::zero()) [[unlikely]] {
    TakeFromWaits(-out->time.on_cpu, out->time);
    out->time.on_cpu = Duration::zero();
  }
  return out;
}

bool WaitLedger::ReadThreads(Clock::Time now, std::vector<Thread>& out) const {
  out.clear();
  if (epoch() == 0 || !impl_->IsAlive(now, kAliveFor)) {
    return false;
  }
  const auto now_ns = static_cast<std::uint64_t>(
      now.time_since_epoch().count() -
      __atomic_load_n(&impl_->header().clock_offset_ns, __ATOMIC_RELAXED));
  const std::uint32_t slots = impl_->slots.load(std::memory_order_relaxed);
  for (std::uint32_t i = 1; i < slots; ++i) {
    ll_slot slot;
    if (ReadSlot(*impl_->at(i), slot) && slot.state != LL_STATE_NONE && slot.tid_inner != 0) {
      Thread& thread = out.emplace_back(Thread{.tid = static_cast<pid_t>(slot.tid_inner),
                                               .started_at_ns = slot.started_ns,
                                               .counters = CountersFrom(slot.totals)});
      CounterOfOpenInterval(slot, thread.counters) += Since(slot.since_ns, now_ns);
    }
  }
  return true;
}

void WaitLedger::Poll() {
  Impl& impl = *impl_;
  if (state() == LedgerState::kForked) {
    return;  // The mutex may belong to a thread that only the parent has.
  }
  detail::MutexLock lock(impl.mutex);
  const Clock::Time now = clock_.Now();
  const auto set = [this](LedgerState state) { state_.store(state, std::memory_order_relaxed); };
  const auto lose = [&](LedgerState why, Duration for_at_least) {
    epoch_.store(0, std::memory_order_release);
    impl.channel.Close();
    impl.try_at = now + for_at_least;
    set(why);
  };
  if (!impl.channel.open()) {
    if (impl.try_at && now < *impl.try_at) {
      return;
    }
    const ll_ledger_request request{.version = LL_ABI_VERSION, .reserved = 0};
    if (impl.region == nullptr && !impl.Reserve()) {
      lose(LedgerState::kFailed, kAskAgainEvery);
    } else if (!impl.channel.Open(FindSocket(impl.agent_socket), &request, sizeof request)) {
      lose(LedgerState::kNoAgent, kTryEvery);
    } else {
      session_.store(next_number.fetch_add(1), std::memory_order_relaxed);
      set(LedgerState::kAsking);
    }
    return;
  }
  if (epoch() != 0) {
    set(impl.IsAlive(now, kAliveFor) ? LedgerState::kOpen : LedgerState::kSilent);
    const bool left = __atomic_load_n(&impl.header().used, __ATOMIC_RELAXED) == 0;
    if (!left && impl.IsAlive(now, kListenAfter) && now - impl.listened_at < kListenEvery) {
      return;
    }
  }
  impl.listened_at = now;
  ll_ledger_answer answer{};
  int fd = -1;
  switch (impl.channel.Receive(&answer, sizeof answer, fd)) {
    case DescriptorChannel::Got::kNothing:
      return;
    case DescriptorChannel::Got::kEnd:
      lose(LedgerState::kNoAgent, kTryEvery);
      return;
    case DescriptorChannel::Got::kMessage:
      break;
  }
  if (answer.status != LL_LEDGER_GIVEN || fd < 0) {
    const auto status = static_cast<int>(answer.status);
    const bool known = status > LL_LEDGER_GIVEN && status < LL_LEDGER_STATUS_COUNT;
    lose(known ? static_cast<LedgerState>(static_cast<int>(LedgerState::kVersion) + status - 1)
               : LedgerState::kFailed,
         kAskAgainEvery);
  } else {
    epoch_.store(0, std::memory_order_release);
    if (impl.Map(fd, answer.slots)) {
      epoch_.store(next_number.fetch_add(1), std::memory_order_release);
      set(LedgerState::kOpen);
    } else {
      lose(LedgerState::kFailed, kAskAgainEvery);
    }
  }
  if (fd >= 0) {
    close(fd);
  }
}

}  // namespace loadline
