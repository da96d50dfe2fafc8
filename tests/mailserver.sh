# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034
# mailserver.sh: mail servers of a test's own, under $T, on free ports of this machine. To be
# sourced after lib.sh.
#
#	dovecot_start          IMAP at $IMAP_PORT (STARTTLS) and $IMAPS_PORT, LMTP at $LMTP_PORT;
#	                       users ada, bob, vic and shop with the password pw; the certificate is
#	                       $T/dovecot/cert.pem, for localhost and mail.localhost
#	postfix_start          SMTP at $SMTP_PORT (STARTTLS, and after it AUTH for those users) for
#	                       shop.example, customer.example, delivering to Dovecot;
#	                       bounce@shop.example is shop's; pipe@shop.example goes to $T/pipe,
#	                       run as $PIPE_USER
#	sieve USER             the script on standard input for what comes to USER; fails without
#	                       Dovecot's Pigeonhole
#	imap USER COMMAND…     another client: each argument is an IMAP command
#	deposit USER FOLDER    adds the message on standard input to a folder
#
# Both fail, and tell why in $T/server.log, where the programs are not installed or may not
# run. They are stopped when the test ends.

free_port() {
	perl -MIO::Socket::INET -e \
		'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport'
}

servers_stop() {
	[ -f "$T/postfix/main.cf" ] && postfix -c "$T/postfix" stop >/dev/null 2>&1
	[ -f "$T/dovecot/run/master.pid" ] && kill "$(cat "$T/dovecot/run/master.pid")" 2>/dev/null
	rm -rf "$T"
}
trap servers_stop EXIT

# until_true SECONDS COMMAND…: tries it until it succeeds
until_true() {
	_left=$(($1 * 20))
	shift
	until "$@" >/dev/null 2>&1; do
		_left=$((_left - 1))
		[ $_left -gt 0 ] || return 1
		sleep 0.05
	done
}

sieve_plugin() { [ -e /usr/lib/dovecot/modules/lib90_sieve_plugin.so ] && echo sieve; }

sieve() {
	[ -n "$(sieve_plugin)" ] && mkdir -p "$T/dovecot/mail/$1" && cat >"$T/dovecot/mail/$1/active.sieve" &&
		chown -R --reference="$T/dovecot/mail" "$T/dovecot/mail/$1"
}

dovecot_config() {
	if [ "$(id -u)" -eq 0 ]; then
		login=dovenull internal=dovecot owner=dovecot group=dovecot
	else
		owner=$(id -un) group=$(id -gn)
		login=$owner internal=$owner
	fi
	cat <<-END
		base_dir = $T/dovecot/run
		state_dir = $T/dovecot/run
		log_path = $T/dovecot/log
		protocols = imap lmtp
		listen = 127.0.0.1
		ssl = yes
		ssl_cert = <$T/dovecot/cert.pem
		ssl_key = <$T/dovecot/key.pem
		disable_plaintext_auth = no
		auth_mechanisms = plain login
		default_login_user = $login
		default_internal_user = $internal
		default_internal_group = $group
		recipient_delimiter = +
		lmtp_save_to_detail_mailbox = no
		mail_location = maildir:$T/dovecot/mail/%n
		first_valid_uid = 1
		mail_fsync = never
		auth_failure_delay = 0
		passdb {
		  driver = passwd-file
		  args = username_format=%n $T/dovecot/users
		}
		userdb {
		  driver = passwd-file
		  args = username_format=%n $T/dovecot/users
		  default_fields = uid=$owner gid=$group home=$T/dovecot/mail/%n
		}
		service anvil {
		  chroot =
		  unix_listener anvil-auth-penalty {
		    mode = 0
		  }
		}
		service imap-login {
		  chroot =
		  inet_listener imap {
		    port = $IMAP_PORT
		  }
		  inet_listener imaps {
		    port = $IMAPS_PORT
		  }
		}
		service auth {
		  unix_listener auth-smtp {
		    mode = 0666
		  }
		}
		protocol lmtp {
		  mail_plugins = $(sieve_plugin)
		}
		plugin {
		  sieve = file:$T/dovecot/mail/%n/active.sieve
		}
		submission_host = 127.0.0.1:$SMTP_PORT
		service lmtp {
		  inet_listener lmtp {
		    port = $LMTP_PORT
		  }
		}
	END
}

dovecot_start() {
	command -v dovecot >/dev/null && [ -x /usr/lib/dovecot/imap ] || return 1
	IMAP_PORT=$(free_port) IMAPS_PORT=$(free_port) LMTP_PORT=$(free_port) SMTP_PORT=$(free_port)
	mkdir -p "$T/dovecot/run" "$T/dovecot/mail"
	chmod 711 "$T"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost,DNS:mail.localhost,IP:127.0.0.1 \
		-keyout "$T/dovecot/key.pem" -out "$T/dovecot/cert.pem" >"$T/server.log" 2>&1 || return 1
	printf '%s:{PLAIN}pw::::::\n' ada bob vic shop >"$T/dovecot/users"
	dovecot_config >"$T/dovecot/dovecot.conf"
	[ "$(id -u)" -ne 0 ] || chown dovecot "$T/dovecot/mail"
	dovecot -c "$T/dovecot/dovecot.conf" >>"$T/server.log" 2>&1 || return 1
	until_true 10 imap ada NOOP
}

imap() {
	_user=$1
	shift
	for _command; do
		curl -sS --user "$_user:pw" -X "$_command" \
			"imap://127.0.0.1:$IMAP_PORT/${IN:-}" || return 1
	done
}

deposit() {
	cat >"$T/deposit" && curl -sS --user "$1:pw" -T "$T/deposit" "imap://127.0.0.1:$IMAP_PORT/$2"
}

postfix_config() {
	cat >"$T/postfix/main.cf" <<-END
		compatibility_level = 3.6
		queue_directory = $T/postfix/queue
		data_directory = $T/postfix/data
		command_directory = /usr/sbin
		daemon_directory = /usr/lib/postfix/sbin
		mail_owner = postfix
		setgid_group = postdrop
		maillog_file = $T/postfix/log
		maillog_file_prefixes = $T
		inet_interfaces = 127.0.0.1
		inet_protocols = ipv4
		myhostname = mx.shop.example
		mydestination =
		alias_maps =
		mynetworks = 127.0.0.0/8
		smtpd_relay_restrictions = permit_mynetworks, reject
		virtual_mailbox_domains = shop.example customer.example
		virtual_alias_maps = inline:{ { bounce@shop.example = shop@shop.example } }
		virtual_transport = lmtp:inet:127.0.0.1:$LMTP_PORT
		transport_maps = inline:{ { pipe@shop.example = pipe: } }
		default_transport = error:nothing goes out from here
		local_transport = error:nobody lives here
		recipient_delimiter = +
		smtputf8_enable = no
		smtpd_tls_security_level = may
		smtpd_tls_auth_only = yes
		smtpd_tls_cert_file = $T/dovecot/cert.pem
		smtpd_tls_key_file = $T/dovecot/key.pem
		smtpd_sasl_auth_enable = yes
		smtpd_sasl_type = dovecot
		smtpd_sasl_path = $T/dovecot/run/auth-smtp
		smtpd_timeout = 10s
		queue_run_delay = 2s
		minimal_backoff_time = 1s
		maximal_backoff_time = 3s
		pipe_destination_concurrency_limit = 1
	END
	cat >"$T/postfix/master.cf" <<-END
		127.0.0.1:$SMTP_PORT inet n - n - - smtpd
		pickup unix n - n 60 1 pickup
		cleanup unix n - n - 0 cleanup
		qmgr unix n - n 1 1 qmgr
		rewrite unix - - n - - trivial-rewrite
		bounce unix - - n - 0 bounce
		defer unix - - n - 0 bounce
		trace unix - - n - 0 bounce
		verify unix - - n - 1 verify
		tlsmgr unix - - n 1000? 1 tlsmgr
		flush unix n - n 1000? 0 flush
		proxymap unix - - n - - proxymap
		showq unix n - n - - showq
		error unix - - n - - error
		retry unix - - n - - error
		discard unix - - n - - discard
		lmtp unix - - n - - lmtp
		anvil unix - - n - 1 anvil
		scache unix - - n - 1 scache
		postlog unix-dgram n - n - 1 postlogd
		pipe unix - n n - - pipe
		  flags=R user=$PIPE_USER argv=$T/pipe
	END
}

postfix_start() {
	[ "$(id -u)" -eq 0 ] && command -v postfix >/dev/null && id mail >/dev/null 2>&1 || return 1
	PIPE_USER=mail # after dovecot_start
	mkdir -p "$T/postfix/queue" "$T/postfix/data"
	chown postfix "$T/postfix/data"
	postfix_config
	postfix -c "$T/postfix" start >>"$T/server.log" 2>&1 || return 1
	until_true 10 curl -sS "smtp://127.0.0.1:$SMTP_PORT" -X NOOP
}

# send FROM TO: the message on standard input, by SMTP
send() {
	sed 's/\r*$/\r/' | curl -sS --mail-from "$1" --mail-rcpt "$2" -T - \
		"smtp://127.0.0.1:$SMTP_PORT/customer.example"
}
