# SPDX-License-Identifier: Apache-2.0
# The same small service for PSGI servers.
use strict;
use warnings;
use IO::Socket::INET;
use Time::HiRes;

sub slurp { open my $file, '<', $_[0] or die $!; my $text = <$file>; chomp $text; $text }

sub {
    my $env  = shift;
    my $path = $env->{PATH_INFO};
    if ($path eq '/peer') {
        my $peer = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ENV{PEER}") or die $!;
        print $peer "GET / HTTP/1.0\r\n\r\n";
        my $line = <$peer>;
    }
    elsif ($path eq '/sleep') { Time::HiRes::sleep(slurp($ENV{SLEEP})) }
    elsif ($path eq '/child') { system '/bin/sleep', slurp($ENV{SLEEP}) }
    return [200, ['Content-Type' => 'text/plain'], ["ok\n"]];
};
