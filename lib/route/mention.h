/* SPDX-License-Identifier: MIT */
/*
 * mention: who is called in a text: "@ben please check", "@support".
 *
 * A name begins behind an @ that follows no letter, digit or such (an e-mail address is no
 * mention, nor is @ben@example.org) and is the name of an agent or, if nobody is called so, of a
 * team, which stands for all who list it; without regard to case. Of what could be a name the
 * longest counts, so punctuation may follow.
 */
#ifndef CRM_MENTION_H
#define CRM_MENTION_H

#include "route/agents.h"

/* Calls each for everyone that text mentions, once, in the order of the text (of a team, by
 * name); agent NULL: name is nobody's. name is what stands behind the @: borrowed from text. */
void crm_mentions(const struct crm_agents *agents, struct crm_slice text,
		  void (*each)(void *data, struct crm_slice name, const struct crm_agent *agent),
		  void *data);

#endif
