/* SPDX-License-Identifier: MIT */
/*
 * http: messages out through the interfaces of messengers and gateways, as a channel's "answers"
 * says, by libcurl.
 *
 * Certificates are verified, redirects not followed; plain http is taken only to loopback, or
 * where the account says "plain": true. No request is sent a second time by itself, not even
 * where a kept connection turns out to be closed, unless the channel is idempotent.
 *
 * Members of an account that it knows: ca (a file of certificates to trust), plain, timeout (for
 * the whole of a request).
 */
#ifndef CRM_HTTP_H
#define CRM_HTTP_H

#include "reply/transport.h"

#define CRM_HTTP_ANSWER_MAX ((size_t)1024 * 1024) /* bytes that are read of an answer */

#endif
