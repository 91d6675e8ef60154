// SPDX-License-Identifier: Apache-2.0
// The service of the demo: one endpoint that needs a dependency, one that does not, one pool.
//
//     inventory --port=8081 & orders --port=8080 --inventory=127.0.0.1:8081 &
//     curl -s localhost:8080/order/7; curl -s localhost:8080/-/stats
#include <httplib.h>

#include <iostream>

#include "sdk/examples/http_program.h"
#include "sdk/examples/orders/options.h"
#include "sdk/examples/orders/service.h"

int main(int argc, char** argv) {
  loadline::examples::BlockStopSignals();
  loadline::examples::OrdersOptions options;
  if (const int code = loadline::examples::ParseOrdersOptions(argc, argv, options); code >= 0) {
    return code;
  }
  auto service = loadline::examples::OrdersService::Create(options);
  if (!service.ok()) {
    std::cerr << "orders: " << service.status().message() << '\n';
    return 1;
  }
  httplib::Server server;
  (*service)->Bind(server);
  return loadline::examples::ServeUntilSignal(server, "orders", options.port,
                                              [&] { (*service)->Cancel(); });
}
