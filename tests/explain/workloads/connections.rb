# SPDX-License-Identifier: Apache-2.0
# Threads that share connections to PostgreSQL: connections.rb PORT THREADS CONNECTIONS.
require "connection_pool"
require "pg"

port, threads, count = ARGV.map(&:to_i)
trap("USR1", "IGNORE")
pool = ConnectionPool.new(size: count, timeout: 600) do
  PG.connect(host: "127.0.0.1", port: port, user: "postgres", dbname: "postgres", sslmode: "disable", gssencmode: "disable")
end
all = threads.times.map do
  Thread.new do
    loop do
      pool.with { |connection| connection.exec("SELECT 1") }
      sleep(0.1)
    end
  end
end
puts "ready"
$stdout.flush
all.each(&:join)
