# SPDX-License-Identifier: Apache-2.0
# The same small service for Rack servers.
require "net/http"

run lambda { |env|
  case env["PATH_INFO"]
  when "/peer" then Net::HTTP.get(URI("http://127.0.0.1:#{ENV['PEER']}/"))
  when "/sleep" then sleep(File.read(ENV["SLEEP"]).to_f)
  when "/child" then system("/bin/sleep", File.read(ENV["SLEEP"]).strip)
  when "/compute"
    till = Process.clock_gettime(Process::CLOCK_THREAD_CPUTIME_ID) + 0.2
    (1..1000).sum while Process.clock_gettime(Process::CLOCK_THREAD_CPUTIME_ID) < till
  end
  [200, { "content-type" => "text/plain" }, ["ok\n"]]
}
