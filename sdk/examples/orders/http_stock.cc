// SPDX-License-Identifier: Apache-2.0
#include <httplib.h>

#include <mutex>
#include <set>

#include "sdk/examples/orders/stock.h"

namespace loadline::examples {
namespace {

// One connection per call. A kept one would cost httplib's server a thread that looks a hundred
// times a second whether another request has come.
class HttpStock final : public Stock {
 public:
  explicit HttpStock(const std::string& address)
      : host_(address.substr(0, address.rfind(':'))),
        port_(std::stoi(address.substr(address.rfind(':') + 1))) {}

  bool Reserve(const std::string& item) override {
    httplib::Client client(host_, port_);
    client.set_connection_timeout(5);  // Seconds.
    client.set_read_timeout(30);
    if (!Begin(client)) {
      return false;
    }
    const httplib::Result result = client.Get("/stock/" + item);
    End(client);
    return result && result->status == 200;
  }

  void Cancel() override {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    for (httplib::Client* client : calling_) {
      client->stop();
    }
  }

 private:
  bool Begin(httplib::Client& client) {
    const std::lock_guard lock(mutex_);
    return !cancelled_ && calling_.insert(&client).second;
  }
  void End(httplib::Client& client) {
    const std::lock_guard lock(mutex_);
    calling_.erase(&client);
  }

  const std::string host_;
  const int port_;
  std::mutex mutex_;
  std::set<httplib::Client*> calling_;
  bool cancelled_ = false;
};

}  // namespace

std::unique_ptr<Stock> MakeHttpStock(const std::string& address) {
  return std::make_unique<HttpStock>(address);
}

}  // namespace loadline::examples
