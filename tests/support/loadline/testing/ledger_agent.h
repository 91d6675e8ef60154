// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "agent/src/daemon/ticker.h"
#include "agent/src/publish/ledger_server.h"
#include "agent/src/publish/unix_listener.h"
#include "agent/src/sampler/ledgers.h"
#include "loadline/steady_clock.h"
#include "loadline_abi/ledger.h"

namespace loadline::testing {

// The part of an agent that gives ledgers, in this process and in a directory of its own. Everybody
// may connect.
class LedgerAgent {
 public:
  // `ledgers` must outlive it.
  static absl::StatusOr<std::unique_ptr<LedgerAgent>> Start(agent::Ledgers& ledgers) {
    char path[] = "/tmp/loadline-ledger-XXXXXX";
    const std::string dir = mkdtemp(path);
    std::filesystem::permissions(dir, std::filesystem::perms::all);
    auto listener =
        agent::UnixListener::Bind({.path = dir + "/ledger.sock", .mode = 0666, .group = ""});
    if (!listener.ok()) {
      return listener.status();
    }
    auto server = agent::LedgerServer::Start(*std::move(listener), &ledgers, SteadyClock::Get());
    if (!server.ok()) {
      return server.status();
    }
    return std::unique_ptr<LedgerAgent>(new LedgerAgent(dir, *std::move(server), ledgers));
  }
  ~LedgerAgent() { std::filesystem::remove_all(dir_); }
  LedgerAgent(const LedgerAgent&) = delete;
  LedgerAgent& operator=(const LedgerAgent&) = delete;

  // Beside which a WaitLedger finds ledger.sock.
  std::string self_socket() const { return dir_ + "/self.sock"; }
  const agent::LedgerServer& server() const { return *server_; }

 private:
  LedgerAgent(std::string dir, std::unique_ptr<agent::LedgerServer> server, agent::Ledgers& ledgers)
      : dir_(std::move(dir)), server_(std::move(server)), ticker_(SteadyClock::Get(), [&ledgers] {
          ledgers.ShowAlive().IgnoreError();
          return std::chrono::nanoseconds{LL_ALIVE_EVERY_NS};
        }) {}

  const std::string dir_;
  const std::unique_ptr<agent::LedgerServer> server_;
  agent::Ticker ticker_;
};

}  // namespace loadline::testing
