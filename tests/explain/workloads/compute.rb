# SPDX-License-Identifier: Apache-2.0
# Threads that compute from SIGUSR1 on: compute.rb THREADS.
$trouble = false
trap("USR1") { $trouble = true }
threads = ARGV[0].to_i.times.map do
  Thread.new do
    loop { $trouble ? (1..10_000).sum { |i| i * i } : sleep(0.05) }
  end
end
puts "ready"
$stdout.flush
threads.each(&:join)
