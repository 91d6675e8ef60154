// SPDX-License-Identifier: Apache-2.0
#include "agent/demo/pool_watch.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "loadline/v1/host.grpc.pb.h"

namespace loadline::demo {
namespace {

using std::chrono_literals::operator""ms;

// How soon a broken stream is opened again.
constexpr auto kRetry = 200ms;

template <typename Repeated, typename GetName>
std::vector<Tally> Tallies(const Repeated& from, GetName name) {
  std::vector<Tally> tallies;
  for (const auto& entry : from) {
    if (entry.threads() > 0 && name(entry) != "idle") {
      tallies.push_back({.name = name(entry), .threads = static_cast<int>(entry.threads())});
    }
  }
  std::ranges::stable_sort(tallies, std::ranges::greater{}, &Tally::threads);
  return tallies;
}

LimiterView ToView(const v1::LimiterReport& report) {
  std::uint64_t rejected = 0;
  for (const v1::CountByCause& cause : report.rejected()) {
    rejected += cause.count();
  }
  return {.name = report.name(),
          .mode = report.mode(),
          .limit = report.limit(),
          .in_flight = static_cast<int>(report.in_flight()),
          .queued = static_cast<int>(report.queue_length()),
          .rejected = rejected,
          .reason = report.reason(),
          .bottleneck = report.bottleneck(),
          .signal_source = report.signal_source()};
}

PoolView ToView(const v1::Pool& pool) {
  PoolView view{.process = pool.process(),
                .pool = pool.pool(),
                .pid = pool.pid(),
                .registered = pool.registered(),
                .threads = static_cast<int>(pool.threads()),
                .working = static_cast<int>(pool.working()),
                .runnable = static_cast<int>(pool.runnable()),
                .waiting = static_cast<int>(pool.waiting()),
                .idle = static_cast<int>(pool.idle()),
                .waits = Tallies(pool.waits(), [](const v1::Wait& w) { return w.reason(); }),
                .peers = Tallies(pool.peers(), [](const v1::Peer& p) { return p.address(); }),
                .limiters = {},
                .size = std::nullopt};
  for (const v1::LimiterReport& limiter : pool.limiters()) {
    view.limiters.push_back(ToView(limiter));
  }
  if (pool.has_report() && !pool.report().name().empty()) {
    view.size = SizeView{.threads = static_cast<int>(pool.report().threads()),
                         .target = static_cast<int>(pool.report().threads_target()),
                         .queued = static_cast<int>(pool.report().queue_length()),
                         .reason = pool.report().reason()};
  }
  return view;
}

HostView ToView(const v1::PoolsSnapshot& snapshot) {
  HostView view{.source = snapshot.source(),
                .cpus = static_cast<int>(snapshot.cpus()),
                .cpu_idle = snapshot.cpu_idle_fraction(),
                .pools = {}};
  for (const v1::Pool& pool : snapshot.pools()) {
    view.pools.push_back(ToView(pool));
  }
  return view;
}

class GrpcPoolWatch final : public PoolWatch {
 public:
  GrpcPoolWatch(const std::filesystem::path& socket, Clock::Duration interval)
      : address_("unix:" + socket.string()),
        interval_ms_(static_cast<std::uint32_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(interval).count())),
        thread_([this] { Run(); }) {}

  ~GrpcPoolWatch() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      if (context_ != nullptr) {
        context_->TryCancel();
      }
    }
    stop_.notify_all();
    thread_.join();
  }

  std::optional<HostView> TakeNewest() override {
    const std::lock_guard lock(mutex_);
    return std::exchange(newest_, std::nullopt);
  }

 private:
  void Run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      grpc::ClientContext context;
      context_ = &context;
      lock.unlock();
      Follow(context);
      lock.lock();
      context_ = nullptr;
      stop_.wait_for(lock, kRetry, [this] { return stopping_; });
    }
  }

  // Until the stream ends, for whatever reason. A channel of its own: a shared one would back off
  // for longer than a restarted agent needs.
  void Follow(grpc::ClientContext& context) {
    const auto channel = grpc::CreateChannel(address_, grpc::InsecureChannelCredentials());
    const auto stub = v1::Host::NewStub(channel);
    v1::WatchPoolsRequest request;
    request.set_interval_ms(interval_ms_);
    const auto reader = stub->WatchPools(&context, request);
    v1::PoolsSnapshot snapshot;
    while (reader->Read(&snapshot)) {
      HostView view = ToView(snapshot);
      const std::lock_guard lock(mutex_);
      newest_ = std::move(view);
    }
    reader->Finish();
  }

  const std::string address_;
  const std::uint32_t interval_ms_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  grpc::ClientContext* context_ = nullptr;  // Of the stream that is open now.
  std::optional<HostView> newest_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<PoolWatch> PoolWatch::Start(const std::filesystem::path& socket,
                                            Clock::Duration interval) {
  return std::make_unique<GrpcPoolWatch>(socket, interval);
}

}  // namespace loadline::demo
