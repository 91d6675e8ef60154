// SPDX-License-Identifier: Apache-2.0
// A dependency whose latency can be changed while it runs:
//
//     inventory --port=8081 --latency-ms=50 &
//     curl -s localhost:8081/stock/7                       answers after the latency
//     curl -s -X PUT 'localhost:8081/latency?ms=5000'      for requests that arrive from now on
#include <httplib.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <iostream>
#include <optional>
#include <string>

#include "loadline/number.h"
#include "sdk/examples/http_program.h"
#include "sdk/examples/inventory/delay.h"
#include "sdk/examples/number_flag.h"

namespace {

constexpr int kLatencyMsMax = 600'000;
constexpr int kConnectionsMax = 512;  // httplib gives each a thread.

// Sets the latency to `text` milliseconds, unless that is not a number in the range.
bool SetLatency(const std::string& text, std::atomic<int>& latency_ms) {
  const std::optional<double> ms = loadline::ReadNumber(text, {.least = 0, .most = kLatencyMsMax});
  if (ms) {
    latency_ms = static_cast<int>(*ms);
  }
  return ms.has_value();
}

int Run(int port, int initial_latency_ms) {
  std::atomic<int> latency_ms{initial_latency_ms};
  loadline::examples::Delay delay;
  httplib::Server server;
  server.new_task_queue = [] { return new httplib::ThreadPool(kConnectionsMax); };
  server.set_keep_alive_max_count(1'000'000);
  server.set_keep_alive_timeout(60);  // Seconds; orders does not use it, HttpStock says why.
  server.set_tcp_nodelay(true);
  server.Get(R"(/stock/(\w+))", [&](const httplib::Request& request, httplib::Response& response) {
    delay.WaitFor(std::chrono::milliseconds{latency_ms.load()});
    response.set_content(R"({"id":")" + request.matches[1].str() + "\",\"stock\":7}\n",
                         "application/json");
  });
  server.Put("/latency", [&](const httplib::Request& request, httplib::Response& response) {
    if (!SetLatency(request.get_param_value("ms"), latency_ms)) {
      response.status = 400;
      response.set_content("ms must be a number from 0 to 600000\n", "text/plain");
    }
  });
  return loadline::examples::ServeUntilSignal(server, "inventory", port, [&] { delay.Stop(); });
}

}  // namespace

int main(int argc, char** argv) {
  loadline::examples::BlockStopSignals();
  int port = 0;
  int latency_ms = 50;
  CLI::App app{"A dependency whose latency can be changed while it runs.", "inventory"};
  app.add_option("--port", port, "Port on 127.0.0.1; 0: any")
      ->transform(loadline::examples::WholeNumber(0, 65535))
      ->capture_default_str();
  app.add_option("--latency-ms", latency_ms,
                 "Latency of GET /stock/<id>; PUT /latency?ms=N changes it")
      ->transform(loadline::examples::WholeNumber(0, kLatencyMsMax))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {
    return app.exit(done);
  } catch (const CLI::ParseError& error) {
    std::cerr << "inventory: " << error.what() << "; see --help\n";
    return 2;
  }
  return Run(port, latency_ms);
}
