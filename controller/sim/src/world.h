// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "admission.h"
#include "arrival_source.h"
#include "call_queue.h"
#include "client.h"
#include "event_queue.h"
#include "front.h"
#include "loadline/control/pool_sizer.h"
#include "loadline/control/retry_budget.h"
#include "loadline/sim/play.h"
#include "processor.h"
#include "recorder.h"
#include "request.h"
#include "signal_feed.h"
#include "thread_ledger.h"
#include "thread_pool.h"

namespace loadline::sim {

// The service, its clients and its machine, put together: moves requests from element to element.
//
// The life of a request: Send -> Admit -> Begin (a thread) -> OnCpu -> Lock -> Nest -> Call ->
// Finish.
class World {
 public:
  World(const Scenario& scenario, control::ControlLaw* law, const PlayOptions& options);

  Recording Play();

 private:
  using Outcome = Admission::Outcome;

  void Handle(const Event& event);
  bool Current(const Event& event) const {
    return requests_[event.index].generation == event.generation;
  }

  // Clients, by their index in clients_.
  void OnArrival();
  void NewRequest();
  void Attempt(std::uint32_t index);
  void Answer(const Request& request, bool answered);
  void TryAgainOrGiveUp(std::uint32_t index, bool refused);
  std::optional<Ns> RetryAfter(const Client& client, bool refused);
  void OnClientTimeout(std::uint32_t index);
  void Close(std::uint32_t client);

  // The limit.
  void Send(const Identity& who, std::uint64_t number, std::uint32_t client);
  void LetIn();
  void Refuse(std::uint32_t index);
  void Admit(std::uint32_t index);
  void OnTick();
  control::Window CloseWindow();
  void ResizePool(const control::Window& window);
  void StartQueuedTasks();

  // The service: requests, by their index in requests_.
  void Draw(Request& request);
  void Begin(std::uint32_t index);
  void OnCoreDone(std::uint32_t index);
  void Lock(std::uint32_t index);
  void OnHoldDone(std::uint32_t index);
  void Nest(std::uint32_t index);
  void Call(std::uint32_t index);
  void OnCallDone(std::uint32_t index, bool timed_out);
  void Finish(std::uint32_t index, Doing from);

  const Scenario& scenario_;
  control::ControlLaw* law_;
  const PlayOptions options_;
  const bool has_clients_;
  const bool has_lock_;

  Ns now_ = 0;
  EventQueue events_;
  Requests requests_;
  Arena<Client> clients_;
  ThreadLedger ledger_;
  Processor processor_;
  ThreadPool pool_;
  std::optional<control::PoolSizer> sizer_;
  control::PoolWindow pool_window_;
  std::vector<CallQueue> calls_;
  RequestFifo lock_queue_;
  bool lock_held_ = false;
  Admission admission_;
  Front front_;
  ArrivalSource arrivals_;
  SignalFeed signals_;
  Recorder recorder_;
  std::optional<control::RetryBudget> retry_budget_;

  const std::uint64_t client_stream_, service_stream_, call_stream_, nested_stream_;
  Random backoff_;
  std::uint64_t next_number_ = 0;
  std::int64_t finished_ = 0;  // By the pool.
};

}  // namespace loadline::sim
