// SPDX-License-Identifier: Apache-2.0
#include "loadline/control_thread.h"

#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "loadline/detail/fork_watch.h"
#include "loadline/detail/service_thread.h"
#include "loadline/effective_cpus.h"
#include "sdk/src/control_loop.h"
#include "sdk/src/ledger_source.h"
#include "sdk/src/schedstat_source.h"

namespace loadline {
namespace {

// The control laws' windows.
constexpr Clock::Duration kTickEvery = std::chrono::milliseconds{100};

}  // namespace

Attachment::Attachment(Attachment&& other) noexcept
    : loop_(std::exchange(other.loop_, nullptr)), pool_(other.pool_), limiter_(other.limiter_) {}

Attachment& Attachment::operator=(Attachment&& other) noexcept {
  if (this != &other) {
    End();
    loop_ = std::exchange(other.loop_, nullptr);
    pool_ = other.pool_;
    limiter_ = other.limiter_;
  }
  return *this;
}

Attachment::~Attachment() { End(); }

void Attachment::End() noexcept {
  ControlLoop* loop = std::exchange(loop_, nullptr);
  if (loop == nullptr) {
    return;
  }
  if (pool_ != nullptr) {
    loop->Detach(*pool_);
  } else {
    loop->Detach(*limiter_);
  }
}

class ControlThread::Impl {
 public:
  explicit Impl(const ControlThreadOptions& options)
      : clock_(*options.clock),
        ledger_(options.ledger),
        loop_({.sources = Sources(options), .cpus = EffectiveCpus}) {
    thread_ = detail::StartServiceThread("loadline-ctl", [this] { Run(); });
  }

  ~Impl() {
    {
      detail::MutexLock lock(mutex_);
      stopping_ = true;
    }
    stop_.NotifyAll();
    thread_.join();
  }

  bool in_child() const { return fork_watch_.in_child(); }
  ControlLoop& loop() { return loop_; }

 private:
  std::vector<SignalSource*> Sources(const ControlThreadOptions& options) {
    std::vector<SignalSource*> sources = {&schedstat_};
    if (options.stream != nullptr) {
      sources.insert(sources.begin(), options.stream);
    }
    if (ledger_ != nullptr) {
      ledger_source_ = std::make_unique<LedgerSource>(*ledger_);
      sources.insert(sources.begin(), ledger_source_.get());
    }
    return sources;
  }

  void Run() {
    detail::MutexLock lock(mutex_);
    Clock::Time next = clock_.Now();
    while (!stopping_) {
      const Clock::Time now = clock_.Now();
      if (now >= next) {
        mutex_.Unlock();
        if (ledger_ != nullptr) {
          ledger_->Poll();
        }
        loop_.Tick(now);
        mutex_.Lock();
        next = std::max(next + kTickEvery, now);  // What was missed is not made up for.
      } else {
        stop_.WaitFor(mutex_, next - now);
      }
    }
  }

  const detail::ForkWatch fork_watch_;
  const Clock& clock_;
  WaitLedger* const ledger_;
  SchedstatSource schedstat_;
  std::unique_ptr<LedgerSource> ledger_source_;
  ControlLoop loop_;
  detail::Mutex mutex_;
  detail::CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

absl::StatusOr<std::unique_ptr<ControlThread>> ControlThread::Start(
    const ControlThreadOptions& options) {
  if (options.clock == nullptr) {
    return absl::InvalidArgumentError("control thread: clock: must not be null");
  }
  try {
    return std::unique_ptr<ControlThread>(new ControlThread(std::make_unique<Impl>(options)));
  } catch (const std::system_error&) {
    return absl::ResourceExhaustedError("control thread: could not be started");
  }
}

ControlThread::ControlThread(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ControlThread::~ControlThread() {
  if (impl_->in_child()) {
    static_cast<void>(impl_.release());  // Its thread is the parent's.
  }
}

Attachment ControlThread::Attach(ThreadPool& pool) {
  impl_->loop().Attach(pool);
  return Attachment(&impl_->loop(), &pool, nullptr);
}
Attachment ControlThread::Attach(Limiter& limiter) {
  impl_->loop().Attach(limiter);
  return Attachment(&impl_->loop(), nullptr, &limiter);
}

}  // namespace loadline
