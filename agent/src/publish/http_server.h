// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "loadline/v1/report.pb.h"

namespace loadline::agent {

struct HttpAddress {
  std::string host;
  int port = 0;  // 0: any that is free.
  friend bool operator==(const HttpAddress&, const HttpAddress&) = default;
};

// What the pages answer; called from the server's threads.
struct HttpPages {
  std::function<std::string()> metrics;
  std::function<absl::StatusOr<std::string>()> pools_json;
  std::function<bool()> ready;
  // Empty: there is no such page.
  std::function<absl::StatusOr<std::string>(const v1::ExplainRequest&)> explain_json = {};
};

// /metrics, /-/healthy, /-/ready, /api/v1/pools and /api/v1/explain over plain HTTP.
//
// Threads: one that accepts, kWorkers that answer. A connection that says nothing for two seconds
// is closed, so that idle ones cannot keep the workers for long.
class HttpServer {
 public:
  // Serves from now on. kUnavailable: the port is taken, or the address is not this machine's.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const HttpAddress& address,
                                                           HttpPages pages);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // "127.0.0.1:9435", with the port that was got.
  const std::string& address() const { return address_; }

 private:
  struct Impl;
  HttpServer(std::unique_ptr<Impl> impl, std::string address);

  std::unique_ptr<Impl> impl_;
  std::string address_;
};

}  // namespace loadline::agent
