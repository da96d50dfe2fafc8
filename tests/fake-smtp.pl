#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# fake-smtp.pl DIR [stdio]: an SMTP server that misbehaves as it is told, at a free port of
# this machine, which it prints; with stdio, on standard input and output. It ends with its
# standard input.
#
#	DIR/caps      what it offers after EHLO, a line each
#	DIR/faults    what goes wrong, a line each, in this order: STAGE ACTION
#	DIR/log       all that it is told, without messages; DIR/connections: a line each
#	DIR/accepted  a line for each message that it took: SENDER RECIPIENT MESSAGE-ID
#	DIR/N.eml     the messages, from 1 on
#
# STAGE is greet, ehlo, auth, rset, mail, rcpt, data, body (after its first line), dot.
# ACTION is an answer ("451 4.3.0 later"; 421 also closes), close, wait SECONDS, drip (an
# answer byte by byte), flood (an answer without end), go; of dot also keep (takes the
# message and closes).
use strict;
use warnings;
use Fcntl qw(:flock :seek);
use IO::Socket::INET;
use Socket qw(IPPROTO_TCP TCP_NODELAY);

my ($dir, $stdio) = @ARGV;
$| = 1;
$SIG{PIPE} = 'IGNORE';
my ($in, $out);

sub add { # a line to a file
	my ($name, $line) = @_;
	open my $f, '>>', "$dir/$name" or die;
	flock $f, LOCK_EX;
	print $f "$line\n";
}

sub fault { # what is to happen at this stage
	my ($stage) = @_;
	open my $f, '+<', "$dir/faults" or return '';
	flock $f, LOCK_EX;
	my ($first, @rest) = <$f>;
	return '' unless defined $first && $first =~ /^$stage (.*)/;
	my $action = $1;
	seek $f, 0, SEEK_SET;
	truncate $f, 0;
	print $f @rest;
	return $action;
}

sub answer { print $out shift, "\r\n" }

# Answers, unless something else is to happen; false: the connection is over.
sub stage {
	my ($name, $good) = @_;
	my $action = fault($name);
	return 0 if $action eq 'close';
	if ($action =~ /^(\d\d\d)/) {
		answer($action);
		return $1 eq '421' ? 0 : -1;
	}
	if ($action =~ /^wait (\S+)/) {
		select undef, undef, undef, $1;
	} elsif ($action eq 'drip') {
		print($out $_), select undef, undef, undef, 0.02 for split //, "$good\r\n";
		return 1;
	} elsif ($action eq 'flood') {
		print $out '250-', 'x' x 70, "\r\n" for 1 .. 100000;
	}
	answer($good);
	return 1;
}

sub number { # of the message
	open my $f, '+>>', "$dir/count" or die;
	flock $f, LOCK_EX;
	print $f '.';
	$f->flush;
	return -s $f;
}

sub keep {
	my ($sender, $recipient, $message) = @_;
	open my $f, '>', "$dir/" . number() . '.eml' or die;
	print $f $message;
	my ($id) = $message =~ /^Message-ID: <(.*)>/m;
	add('accepted', "$sender $recipient $id");
}

# Reads a message; false: the connection is over.
sub message {
	my ($sender, $recipient) = @_;
	my $message = '';
	while (1) {
		my $line = <$in>;
		return 0 unless defined $line;
		if ($message eq '') {
			my $action = fault('body');
			answer($action) if $action =~ /^\d/;
			return 0 if $action;
		}
		last if $line eq ".\r\n";
		$line =~ s/^\.//;
		$message .= $line;
	}
	my $action = fault('dot');
	return 0 if $action eq 'close';
	if ($action =~ /^(\d\d\d)/) {
		answer($action);
		return $1 ne '421';
	}
	keep($sender, $recipient, $message);
	return 0 if $action eq 'keep';
	select undef, undef, undef, $1 if $action =~ /^wait (\S+)/;
	answer('250 2.0.0 Ok: queued');
	return 1;
}

sub caps {
	open my $f, '<', "$dir/caps" or return;
	map { s/\s+$//r } <$f>;
}

sub serve {
	my ($sender, $recipient) = ('', '');
	add('connections', 'x');
	return unless stage('greet', '220 fake.example ESMTP') > 0;
	while (defined(my $line = <$in>)) {
		add('log', $line =~ s/\r?\n//r);
		my ($word, $rest) = $line =~ /^(\w+)\s*(.*?)\r?\n/ or return;
		my $did = 1;
		if ($word eq 'EHLO') {
			my @caps = ('fake.example', caps());
			my $last = pop @caps;
			$did = stage('ehlo', join '', (map { "250-$_\r\n" } @caps), "250 $last");
		} elsif ($word eq 'AUTH') {
			answer('334 '), $rest = <$in> if $rest eq 'PLAIN';
			$did = stage('auth', '235 2.7.0 welcome');
		} elsif ($word eq 'RSET') {
			$did = stage('rset', '250 2.0.0 Ok');
			($sender, $recipient) = ('', '');
		} elsif ($word eq 'MAIL') {
			$did = stage('mail', '250 2.1.0 Ok');
			($sender, $recipient) = ($did > 0 && $rest =~ /<(.*)>/ ? $1 : '', '');
		} elsif ($word eq 'RCPT') {
			$did = stage('rcpt', $sender eq '' ? '503 5.5.1 MAIL first' : '250 2.1.5 Ok');
			$recipient = $1 if $did > 0 && $sender ne '' && $rest =~ /<(.*)>/;
		} elsif ($word eq 'DATA') {
			$did = stage('data', $recipient eq '' ? '554 5.5.1 no valid recipients' : '354 go ahead');
			$did = message($sender, $recipient) if $did > 0 && $recipient ne '';
			$sender = $recipient = '';
		} elsif ($word eq 'QUIT') {
			answer('221 2.0.0 bye');
			$did = 0;
		} else {
			answer('502 5.5.2 what?');
		}
		return unless $did;
	}
}

if ($stdio) {
	($in, $out) = (\*STDIN, \*STDOUT);
	serve();
	exit;
}
my $listen = IO::Socket::INET->new(Listen => 50, LocalAddr => '127.0.0.1') or die;
print $listen->sockport, "\n";
if (!fork) { # ends us when the test ends, however it does
	1 while sysread STDIN, my $byte, 1;
	kill 'TERM', getppid;
	exit;
}
$SIG{CHLD} = 'IGNORE';
while (my $c = $listen->accept) {
	next if fork;
	setsockopt $c, IPPROTO_TCP, TCP_NODELAY, 1;
	$c->autoflush(1);
	$in = $out = $c;
	serve();
	exit;
}
