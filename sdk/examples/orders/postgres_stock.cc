// SPDX-License-Identifier: Apache-2.0
#include <libpq-fe.h>

#include <array>
#include <mutex>
#include <set>

#include "sdk/examples/orders/stock.h"

namespace loadline::examples {
namespace {

// How long it takes is a row that can be changed while the service runs.
constexpr char kQuery[] = "SELECT pg_sleep(ms / 1000.0) FROM latency";

struct CloseConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using Connection = std::unique_ptr<PGconn, CloseConnection>;

class PostgresStock final : public Stock {
 public:
  explicit PostgresStock(std::string conninfo)
      : conninfo_(std::move(conninfo) + " options='-c statement_timeout=30000'") {}

  bool Reserve(const std::string&) override {
    thread_local Connection connection;  // One per worker, for as long as it lives.
    if (!connection || PQstatus(connection.get()) != CONNECTION_OK) {
      connection.reset(PQconnectdb(conninfo_.c_str()));
    }
    if (PQstatus(connection.get()) != CONNECTION_OK || !Begin(connection.get())) {
      return false;
    }
    PGresult* result = PQexec(connection.get(), kQuery);
    const bool answered = PQresultStatus(result) == PGRES_TUPLES_OK;
    PQclear(result);
    End(connection.get());
    return answered;
  }

  void Cancel() override {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    for (PGconn* connection : calling_) {
      std::array<char, 256> error;
      PGcancel* cancel = PQgetCancel(connection);
      PQcancel(cancel, error.data(), static_cast<int>(error.size()));
      PQfreeCancel(cancel);
    }
  }

 private:
  bool Begin(PGconn* connection) {
    const std::lock_guard lock(mutex_);
    return !cancelled_ && calling_.insert(connection).second;
  }
  void End(PGconn* connection) {
    const std::lock_guard lock(mutex_);
    calling_.erase(connection);
  }

  const std::string conninfo_;
  std::mutex mutex_;
  std::set<PGconn*> calling_;
  bool cancelled_ = false;
};

}  // namespace

std::unique_ptr<Stock> MakePostgresStock(const std::string& conninfo) {
  return std::make_unique<PostgresStock>(conninfo);
}

}  // namespace loadline::examples
