// SPDX-License-Identifier: Apache-2.0
#include "agent/demo/http_multi.h"

#include <curl/curl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <optional>

#include "absl/status/status.h"

namespace loadline::demo {
namespace {

// curl's callbacks; signatures are libcurl's.
std::size_t Discard(char*, std::size_t size, std::size_t count, void*) { return size * count; }

class CurlMulti final : public HttpMulti {
 public:
  CurlMulti(Clock::Duration timeout, const Clock& clock)
      : timeout_ms_(std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count()),
        clock_(clock) {}

  ~CurlMulti() override {
    for (CURL* easy : all_) {
      curl_multi_remove_handle(multi_, easy);
      curl_easy_cleanup(easy);
    }
    curl_multi_cleanup(multi_);
    close(wake_);
    close(epoll_);
  }

  absl::Status Open() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    multi_ = curl_multi_init();
    if (epoll_ < 0 || wake_ < 0 || multi_ == nullptr) {
      return absl::ErrnoToStatus(errno, "load generator: epoll, eventfd or libcurl");
    }
    epoll_event event{.events = EPOLLIN, .data = {.fd = wake_}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlMulti::OnSocket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlMulti::OnTimer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    return absl::OkStatus();
  }

  void Get(const std::string& url, std::uint64_t id) override {
    CURL* easy = TakeEasy();
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    // The number travels as a pointer: curl keeps one word for the user.
    // NOLINTNEXTLINE(performance-no-int-to-ptr): it never becomes an address.
    curl_easy_setopt(easy, CURLOPT_PRIVATE, reinterpret_cast<void*>(id));
    curl_multi_add_handle(multi_, easy);
  }

  void Poll(Clock::Time until, std::vector<Done>& done) override {
    std::array<epoll_event, 64> events;
    const Clock::Time wake_at = timer_ ? std::min(until, *timer_) : until;
    const Clock::Duration left = std::max(wake_at - clock_.Now(), Clock::Duration::zero());
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec wait{.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
    const int count =
        epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &wait, nullptr);
    int running = 0;
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.fd == wake_) {
        eventfd_t ignored;
        eventfd_read(wake_, &ignored);
      } else {
        curl_multi_socket_action(multi_, event.data.fd, CurlEvents(event.events), &running);
      }
    }
    if (timer_ && *timer_ <= clock_.Now()) {
      timer_.reset();  // Before the call: it may set the next one.
      curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    Collect(done);
  }

  void Wake() override { eventfd_write(wake_, 1); }

 private:
  static int CurlEvents(std::uint32_t events) {
    return ((events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
           ((events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
           ((events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
  }

  static int OnSocket(CURL*, curl_socket_t fd, int what, void* self, void*) {
    const int epoll = static_cast<CurlMulti*>(self)->epoll_;
    if (what == CURL_POLL_REMOVE) {
      epoll_ctl(epoll, EPOLL_CTL_DEL, fd, nullptr);
      return 0;
    }
    epoll_event event{.events = 0, .data = {.fd = fd}};
    event.events = ((what & CURL_POLL_IN) != 0 ? static_cast<std::uint32_t>(EPOLLIN) : 0U) |
                   ((what & CURL_POLL_OUT) != 0 ? static_cast<std::uint32_t>(EPOLLOUT) : 0U);
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) != 0) {
      epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    }
    return 0;
  }

  static int OnTimer(CURLM*, long timeout_ms, void* self) {
    auto* multi = static_cast<CurlMulti*>(self);
    if (timeout_ms < 0) {
      multi->timer_.reset();
    } else {
      multi->timer_ = multi->clock_.Now() + std::chrono::milliseconds{timeout_ms};
    }
    return 0;
  }

  CURL* TakeEasy() {
    if (!idle_.empty()) {
      CURL* easy = idle_.back();
      idle_.pop_back();
      return easy;
    }
    CURL* easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Discard);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");  // Whatever the environment says: loopback.
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_ms_));
    all_.push_back(easy);
    return easy;
  }

  void Collect(std::vector<Done>& done) {
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) {
        continue;
      }
      CURL* easy = message->easy_handle;
      Done request;
      void* id = nullptr;
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, &id);
      request.id = reinterpret_cast<std::uint64_t>(id);
      if (message->data.result == CURLE_OK) {
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &request.status);
      }
      curl_multi_remove_handle(multi_, easy);
      idle_.push_back(easy);
      done.push_back(request);
    }
  }

  const std::chrono::milliseconds::rep timeout_ms_;
  const Clock& clock_;
  int epoll_ = -1;
  int wake_ = -1;
  CURLM* multi_ = nullptr;
  std::optional<Clock::Time> timer_;  // When curl wants to be called.
  std::vector<CURL*> all_;
  std::vector<CURL*> idle_;  // Of all_: those that are kept for the next request.
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpMulti>> HttpMulti::Create(Clock::Duration timeout,
                                                             const Clock& clock) {
  auto multi = std::make_unique<CurlMulti>(timeout, clock);
  if (absl::Status status = multi->Open(); !status.ok()) {
    return status;
  }
  return multi;
}

}  // namespace loadline::demo
