// SPDX-License-Identifier: Apache-2.0
#include "agent/src/publish/http_server.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "agent/src/publish/explain_query.h"
#include "fmt/format.h"
#include "httplib.h"

namespace loadline::agent {
namespace {

constexpr int kWorkers = 4;  // A scraper or two, and somebody who looks.
constexpr int kSilenceMaxSeconds = 2;
constexpr char kPlain[] = "text/plain; charset=utf-8";
constexpr char kMetrics[] = "text/plain; version=0.0.4; charset=utf-8";

// Not httplib's own options: with SO_REUSEPORT a second agent would share the port unnoticed.
void SetOptions(int socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

std::string Join(const HttpAddress& address) {
  const bool ipv6 = address.host.find(':') != std::string::npos;
  return ipv6 ? fmt::format("[{}]:{}", address.host, address.port)
              : fmt::format("{}:{}", address.host, address.port);
}

absl::Status BindError(const HttpAddress& address, int error) {
  if (error == EADDRINUSE) {
    return absl::UnavailableError(
        fmt::format("{} is taken by another program: choose another with --listen", Join(address)));
  }
  addrinfo* found = nullptr;  // A host that has no address leaves errno as it was.
  const int lookup = getaddrinfo(address.host.c_str(), nullptr, nullptr, &found);
  if (lookup == 0) {
    freeaddrinfo(found);
  }
  return absl::UnavailableError(
      fmt::format("cannot listen on {}: {}: choose another with --listen", Join(address),
                  lookup == 0 ? std::strerror(error) : gai_strerror(lookup)));
}

int HttpCode(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return 200;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return 400;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kUnavailable:
      return 503;
    default:
      return 500;
  }
}

// JSON, or the error in a line.
void Answer(const absl::StatusOr<std::string>& json, httplib::Response& response) {
  response.status = HttpCode(json.status());
  if (json.ok()) {
    response.set_content(*json, "application/json");
  } else {
    response.set_content(std::string(json.status().message()) + "\n", kPlain);
  }
}

void AddPages(httplib::Server& server, const HttpPages& pages) {
  server.Get("/metrics", [&pages](const httplib::Request&, httplib::Response& response) {
    response.set_content(pages.metrics(), kMetrics);
  });
  server.Get("/-/healthy", [](const httplib::Request&, httplib::Response& response) {
    response.set_content("healthy\n", kPlain);
  });
  server.Get("/-/ready", [&pages](const httplib::Request&, httplib::Response& response) {
    const bool ready = pages.ready();
    response.status = ready ? 200 : 503;
    response.set_content(ready ? "ready\n" : "the first reading is not done\n", kPlain);
  });
  server.Get("/api/v1/pools", [&pages](const httplib::Request&, httplib::Response& response) {
    Answer(pages.pools_json(), response);
  });
  if (!pages.explain_json) {
    return;
  }
  server.Get("/api/v1/explain",
             [&pages](const httplib::Request& request, httplib::Response& response) {
               const absl::StatusOr<v1::ExplainRequest> wanted = ExplainRequestOf(request.params);
               Answer(wanted.ok() ? pages.explain_json(*wanted) : wanted.status(), response);
             });
}

}  // namespace

struct HttpServer::Impl {
  HttpPages pages;
  httplib::Server server;
  std::thread thread;
  std::atomic<bool> ended = false;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl, std::string address)
    : impl_(std::move(impl)), address_(std::move(address)) {}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpAddress& address,
                                                              HttpPages pages) {
  auto impl = std::make_unique<Impl>();
  impl->pages = std::move(pages);
  httplib::Server& server = impl->server;
  server.set_socket_options(SetOptions);
  server.set_keep_alive_timeout(kSilenceMaxSeconds);
  server.set_read_timeout(kSilenceMaxSeconds);
  server.set_payload_max_length(4096);  // No page takes content.
  server.new_task_queue = [] { return new httplib::ThreadPool(kWorkers); };
  AddPages(server, impl->pages);
  HttpAddress bound = address;
  errno = 0;
  if (address.port == 0) {
    bound.port = server.bind_to_any_port(address.host);
  } else if (!server.bind_to_port(address.host, address.port)) {
    bound.port = -1;
  }
  if (bound.port < 0) {
    return BindError(address, errno);
  }
  impl->thread = std::thread([raw = impl.get()] {
    raw->server.listen_after_bind();
    raw->ended = true;
  });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl), Join(bound)));
}

HttpServer::~HttpServer() {
  // stop() says nothing to a server whose thread has not come to listening yet.
  while (!impl_->server.is_running() && !impl_->ended) {
    std::this_thread::yield();
  }
  impl_->server.stop();
  impl_->thread.join();
}

}  // namespace loadline::agent
