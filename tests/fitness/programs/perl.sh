# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A server that forks for each client, UNIX and INET sockets, pipes, locks, file tests.
. "${0%/*}/lib.sh"
cat >server.pl <<'P'
use strict; use warnings; use IO::Socket::INET; use IO::Socket::UNIX; use Fcntl ':flock'; use File::Copy; use POSIX ();
my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5, ReuseAddr => 1) or die "listen: $!";
my $pid = fork // die "fork: $!";
if (!$pid) {
    for (1 .. 5) {
        my $client = $server->accept or die;
        if (!fork) { my $line = <$client>; print $client uc $line; exit 0 }
        close $client;
    }
    1 while wait > 0;
    exit 0;
}
for (1 .. 5) {
    my $c = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $server->sockport) or die "connect: $!";
    print $c "hello\n";
    die unless <$c> eq "HELLO\n";
}
waitpid $pid, 0; die if $?;
my $unix = IO::Socket::UNIX->new(Local => '/tmp/perl', Listen => 1) or die "unix: $!";
my $to = IO::Socket::UNIX->new(Peer => '/tmp/perl') or die "unix: $!";
open my $f, '>', '/tmp/file' or die; flock $f, LOCK_EX or die; print $f "x\n" x 1000; close $f;
copy '/tmp/file', '/tmp/copy' or die; -s '/tmp/copy' == 2000 or die; utime 1, 2, '/tmp/copy' or die; (stat '/tmp/copy')[9] == 2 or die; rename '/tmp/copy', '/tmp/moved' or die;
`echo x` eq "x\n" or die; system('true') == 0 or die;
local $SIG{ALRM} = sub { }; alarm 1; select(undef, undef, undef, 10) == -1 or die 'alarm';
POSIX::setlocale(POSIX::LC_ALL(), ''); (POSIX::times())[0] or die;
print "works\n";
P
perl server.pl
