// SPDX-License-Identifier: Apache-2.0
#include "sdk/examples/orders/options.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <string_view>

#include "loadline/number.h"
#include "sdk/examples/number_flag.h"

namespace loadline::examples {

int ParseOrdersOptions(int argc, char** argv, OrdersOptions& options) {
  CLI::App app{"A service with one endpoint that needs a dependency and one that does not.",
               "orders"};
  app.add_option("--port", options.port, "Port on 127.0.0.1; 0: any")
      ->transform(WholeNumber(0, 65535))
      ->capture_default_str();
  static constexpr NumberRange kPort{.least = 1, .most = 65535};
  CLI::Option* inventory =
      app.add_option("--inventory", options.inventory, "HOST:PORT of the program inventory")
          ->check(CLI::Validator(
              [](std::string& value) {
                const std::size_t colon = value.rfind(':');
                const bool good =
                    colon != 0 && colon != std::string::npos &&
                    ReadNumber(std::string_view(value).substr(colon + 1), kPort).has_value();
                return good ? std::string() : value + " must be HOST:PORT, PORT from 1 to 65535";
                // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDeleteLeaks): the option has it.
              },
              "HOST:PORT"));
  CLI::Option* postgres =
      app.add_option("--postgres", options.postgres, "libpq connection string, instead");
  inventory->excludes(postgres);
  std::string mode = "loadline";
  app.add_option("--mode", mode, "fixed: --threads and no limits; loadline: sizes itself")
      ->check(CLI::IsMember({"fixed", "loadline"}))
      ->capture_default_str();
  app.add_option("--threads", options.threads, "Threads in mode fixed")
      ->transform(WholeNumber(1, 4096))
      ->capture_default_str();
  app.add_option("--deadline-ms", options.deadline_ms, "What a request may take")
      ->transform(WholeNumber(1, 600'000))
      ->capture_default_str();
  app.add_option("--agent-socket", options.agent_socket,
                 "The agent's self.sock; else searched for");
  try {
    app.parse(argc, argv);
    if (options.inventory.empty() == options.postgres.empty()) {
      throw CLI::RequiredError("--inventory or --postgres");
    }
  } catch (const CLI::Success& done) {
    return app.exit(done);
  } catch (const CLI::ParseError& error) {
    std::cerr << "orders: " << error.what() << "; see --help\n";
    return 2;
  }
  options.fixed = mode == "fixed";
  return -1;
}

}  // namespace loadline::examples
