# SPDX-License-Identifier: Apache-2.0
# Processes that take tasks from beanstalkd: reserve.pl PORT PROCESSES.
use strict;
use warnings;
use IO::Socket::INET;

my ($port, $processes) = @ARGV;
$SIG{USR1} = 'IGNORE';
$| = 1;
for (1 .. $processes) {
    next if fork;
    my $queue = IO::Socket::INET->new("127.0.0.1:$port") or die $!;
    while (1) {
        print $queue "reserve\r\n";
        my ($id) = (<$queue> // last) =~ /RESERVED (\d+)/;
        my $task = <$queue>;
        print $queue "delete $id\r\n";
        my $done = <$queue>;
    }
    exit;
}
print "ready\n";
wait;
