#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# fake-imap.pl LOG: an IMAP server that misbehaves, at a free port of this machine, which it
# prints. It has messages 1 to 5 in each folder; what goes wrong is the folder's name. All
# that it is told goes to LOG. It ends with its standard input.
use strict;
use warnings;
use IO::Socket::INET;
use Socket qw(IPPROTO_TCP TCP_NODELAY);

my $listen = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1') or die;
open my $log, '>', $ARGV[0] or die;
$log->autoflush(1);
$| = 1;
print $listen->sockport, "\n";
if (!fork) { # ends us when the test ends, however it does
	1 while sysread STDIN, my $byte, 1;
	kill 'TERM', getppid;
	exit;
}
$SIG{PIPE} = 'IGNORE';

sub message {
	my ($folder, $uid) = @_;
	my $text = "Subject: $uid\r\nFrom: a\@x.example\r\nDate: Mon, 2 Nov 2026 10:00:00 +0000\r\n"
		. "Message-ID: <$uid\@x>\r\n\r\nC4 OK done\r\n* $uid FETCH (UID 9)\r\n";
	return $folder eq 'large' && $uid == 2 ? $text . 'x' x 5000 : $text;
}

sub uids { # of a set
	my %uids;
	for (split /,/, shift) {
		my ($from, $to) = /^(\d+):(\d+)$/ ? ($1, $2) : ($_, $_);
		$uids{$_} = 1 for $from .. $to;
	}
	return sort { $a <=> $b } grep { $_ <= 5 } keys %uids;
}

sub sizes {
	my ($c, $folder, @uids) = @_;
	for (@uids) {
		next if $folder eq 'gone' && $_ == 3;
		my $size = $folder eq 'liar' || $folder eq 'large' && $_ != 2 ? 10 : length message($folder, $_);
		print $c "* $_ FETCH (RFC822.SIZE $size UID $_)\r\n";
	}
	return 'OK done';
}

# Sends the messages; returns how it ended, or nothing where the connection is to be closed.
sub bodies {
	my ($c, $folder, $section, @uids) = @_;
	@uids = reverse @uids if $folder eq 'order';
	for (@uids) {
		my $text = message($folder eq 'liar' ? 'large' : $folder, $_);
		$text =~ s/\r\n\r\n.*/\r\n\r\n/s if $section eq 'HEADER';
		my $len = length $text;
		next if $folder eq 'gone' && $_ == 4;
		sleep 2 if $folder eq 'slow' && $_ == 3;
		return 'NO [SERVERBUG] cannot read it' if $folder eq 'refuse' && $_ == 3;
		if ($folder eq 'break' && $_ == 3) {
			print $c "* 3 FETCH (UID 3 BODY[] {$len}\r\n", substr $text, 0, 12;
			return;
		}
		print $c "* 7 EXISTS\r\n* 1 FETCH (FLAGS (\\Seen))\r\n" if $folder eq 'order';
		print $c "* $_ FETCH (BODY[$section] {$len}\r\n$text UID $_)\r\n";
		print $c "* $_ FETCH (BODY[$section] {$len}\r\n$text UID $_)\r\n" if $folder eq 'order';
	}
	return 'OK done';
}

sub serve {
	my ($c) = @_;
	my $folder = '';
	$c->autoflush(1);
	setsockopt $c, IPPROTO_TCP, TCP_NODELAY, 1;
	print $c "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR] ready\r\n";
	while (defined(my $line = <$c>)) {
		print $log $line;
		my ($tag, $command) = $line =~ /^(\S+) (.*?)\r?\n/ or return;
		my $result = 'OK done';
		if ($command eq 'CAPABILITY') {
			print $c "* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR\r\n";
		} elsif ($command =~ /^EXAMINE "(.*)"/) {
			$folder = $1;
			print $c "* OK [UIDVALIDITY 77] valid\r\n" if $folder ne 'unnumbered';
			$result = "NO \e[31mno such folder" if $folder eq 'none';
			return print $c "* BYE going down\r\n" if $folder eq 'bye';
			1 while $folder eq 'silent' && <$c>; # until the other side gives up
		} elsif ($command =~ /^UID SEARCH UID (\d+):/) {
			print $c join(' ', '* SEARCH', grep({ $_ >= $1 } 1 .. 4), 5), "\r\n";
		} elsif ($command =~ /^UID FETCH (\S+) \(UID RFC822.SIZE\)/) {
			$result = sizes($c, $folder, uids($1));
		} elsif ($command =~ /^UID FETCH (\S+) \(UID BODY.PEEK\[(.*)\]\)/) {
			$result = bodies($c, $folder, $2, uids($1)) // return;
		}
		print $c "$tag $result\r\n";
	}
}

while (my $c = $listen->accept) {
	serve($c);
	close $c;
}
