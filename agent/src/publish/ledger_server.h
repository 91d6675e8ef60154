// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/src/publish/fd.h"
#include "agent/src/publish/unix_listener.h"
#include "agent/src/sampler/ledgers.h"
#include "loadline/clock.h"
#include "loadline_abi/ledger.h"

namespace loadline::agent {

// Hands each process that asks the descriptor of its own ledger, and nobody another's: the contract
// is in loadline_abi/ledger.h.
//
// A registration waits for the kernel, some 40 ms, one after the other; those who wait lose nothing
// but time.
//
// Threads: one, which may block on the kernel, and on nobody else.
class LedgerServer {
 public:
  static constexpr std::size_t kOpenMax = 1024;
  static constexpr std::size_t kOpenOfUserMax = 512;  // Of a user who is not root.
  // Of a user who is not root: so many at once, and again as many in five seconds; larger ledgers
  // for those that are outgrown included.
  static constexpr int kRequestsBurst = 100;
  static constexpr Clock::Duration kRequestsRefill = std::chrono::milliseconds{50};
  // Of all arrays of a user who is not root: a quarter of what there is for all, which takes 270
  // processes of up to 144 threads. Who would have more gets none, or keeps what it has.
  static constexpr std::size_t kBytesOfUserMax = 16 << 20;
  // A connection that asks for nothing.
  static constexpr Clock::Duration kSilenceMax = std::chrono::seconds{5};

  // `ledgers` may be null: then everybody is refused with LL_LEDGER_SOURCE. All must outlive it.
  static absl::StatusOr<std::unique_ptr<LedgerServer>> Start(UnixListener listener,
                                                             Ledgers* ledgers, const Clock& clock);
  // Closes all connections. The ledgers go with their keeper, who need not let threads out of them.
  ~LedgerServer();
  LedgerServer(const LedgerServer&) = delete;
  LedgerServer& operator=(const LedgerServer&) = delete;

  const std::string& path() const { return listener_.path(); }

  struct Stats {
    std::uint64_t given_total = 0;     // Registrations.
    std::uint64_t replaced_total = 0;  // Arrays that were outgrown.
    std::array<std::uint64_t, LL_LEDGER_STATUS_COUNT> refused_total{};  // By status.
    std::uint64_t connections_refused_total = 0;  // Closed at once, since too many are open.
  };
  Stats stats() const;

 private:
  struct Connection {
    Fd socket;
    Fd process;  // A pidfd: readable when the process has ended.
    pid_t pid = 0;
    uid_t uid = 0;
    Clock::Time accepted_at;
    std::size_t bytes = 0;  // Of its ledger.
    bool registered = false;
    bool over = false;
  };
  // So many requests as `filled_at` lies before now, in units of kRequestsRefill.
  using Allowance = std::map<uid_t, Clock::Time>;

  LedgerServer(UnixListener listener, Fd stop, Ledgers* ledgers, const Clock& clock);

  void Run();
  void Accept();
  bool IsFull(uid_t uid) const;
  void Look(Connection& connection);
  void Answer(Connection& connection, const ll_ledger_request& request);
  ll_ledger_status Register(Connection& connection, const ll_ledger_request& request,
                            Ledger& ledger);
  void Send(Connection& connection, ll_ledger_status status, const Ledger& ledger);
  void Refuse(Connection& connection, ll_ledger_status status);
  bool MayAsk(uid_t uid);
  // Whether the user of the connection may have that many bytes more.
  bool HasRoom(const Connection& connection, std::size_t bytes) const;
  void TendLedgers();
  void DropOver();

  UnixListener listener_;
  Fd stop_;  // An eventfd: readable when it is time to go.
  Ledgers* const ledgers_;
  const Clock& clock_;
  std::vector<std::unique_ptr<Connection>> connections_;  // Of the thread; likewise allowance_.
  Allowance allowance_;
  Clock::Time tended_at_;
  std::atomic<std::uint64_t> given_total_{0};
  std::atomic<std::uint64_t> replaced_total_{0};
  std::array<std::atomic<std::uint64_t>, LL_LEDGER_STATUS_COUNT> refused_total_{};
  std::atomic<std::uint64_t> connections_refused_total_{0};
  std::thread thread_;
};

}  // namespace loadline::agent
