/* SPDX-License-Identifier: MIT */
/*
 * exec: messages out through any command.
 *
 * The command, "exec" of the account or else of the channel, is run by sh. What it is told comes
 * by its standard input alone, never in its arguments or environment: "input" of the channel
 * with its placeholders filled in, else a JSON line:
 *
 *	{"key":…,"to":…,"to_name":…,"account":…,"subject":…,"text":…,"html":…,"thread":…,
 *	 "about":…,"agent":…,"message_id":…,"variables":{…}}	what there is of these
 *
 * and, where the channel says "attachments": true, "attachments": [{"name", "type", "content"}],
 * content in base64.
 *
 * It says what became of it by its exit code: 0 sent, 75 deferred, 78, 126 and 127 it is not set
 * up (CRM_CONFIG), any other refused; killed, or longer than the time it has, unknown. What it
 * writes is kept as the detail; a JSON object may say more: {"id": the key of the message,
 * "outcome": sent, deferred, refused or unknown, "error":…, "retry_after": seconds}.
 *
 * With "stream": true it is started once and kept: a line in, a line out, which has to have the
 * outcome or an id. A stream that ends with a line unanswered leaves that one unknown.
 *
 * An account on a channel of mail may name a command too, such as /usr/sbin/sendmail -t -i: that
 * gets the message as it would go out, with LF at the ends of lines.
 *
 * Members of an account that it knows: exec, timeout (for each message).
 */
#ifndef CRM_EXEC_H
#define CRM_EXEC_H

#include "reply/transport.h"

#define CRM_EXEC_OUTPUT_MAX ((size_t)64 * 1024) /* bytes that are read of what it writes */

#endif
