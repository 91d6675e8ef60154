// SPDX-License-Identifier: Apache-2.0
// Goal: /api/v1/explain passes on what was asked, and an error is a code and a line.
// Method: a server on a free port of loopback, whose report is fixed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "agent/src/publish/http_server.h"
#include "agent/src/publish/report_json.h"
#include "httplib.h"
#include "report_examples.h"

namespace loadline::agent {
namespace {

class HttpExplainTest : public ::testing::Test {
 protected:
  HttpExplainTest() {
    HttpPages pages{.metrics = [] { return std::string(); },
                    .pools_json = [] { return std::string(); },
                    .ready = [] { return true; },
                    .explain_json =
                        [this](const v1::ExplainRequest& request) {
                          asked_ = request;
                          return answer_;
                        }};
    absl::StatusOr<std::unique_ptr<HttpServer>> server =
        HttpServer::Start({.host = "127.0.0.1", .port = 0}, std::move(pages));
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  httplib::Result Get(const std::string& query) {
    return httplib::Client("http://" + server_->address()).Get("/api/v1/explain" + query);
  }

  v1::ExplainRequest asked_;
  absl::StatusOr<std::string> answer_ = *AsJson(testing::BusyHost());
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpExplainTest, AReportIsJsonAndTheQuestionIsPassedOn) {
  const httplib::Result result = Get("?name=shop%2Fworker-*&all=1");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 200);
  EXPECT_EQ(result->get_header_value("Content-Type"), "application/json");
  EXPECT_EQ(result->body, *answer_);
  EXPECT_EQ(asked_.name(), "shop/worker-*");
  EXPECT_TRUE(asked_.all());
}

TEST_F(HttpExplainTest, AnUnknownNameIs404WithTheErrorInALine) {
  answer_ = absl::NotFoundError("nothing is called \"shpo\"");
  const httplib::Result result = Get("?name=shpo");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 404);
  EXPECT_EQ(result->body, "nothing is called \"shpo\"\n");
}

TEST_F(HttpExplainTest, ABadParameterIs400AndAsksNobody) {
  const httplib::Result result = Get("?name=shop&all=2");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 400);
  EXPECT_EQ(result->body.substr(0, 5), "all: ");
  EXPECT_EQ(asked_.name(), "");
}

}  // namespace
}  // namespace loadline::agent
