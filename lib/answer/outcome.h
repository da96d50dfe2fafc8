/* SPDX-License-Identifier: MIT */
/* outcome: what came of the bot's answers, in SQL; confidence.h says what counts as helping.
 * Private to lib/answer. */
#ifndef CRM_OUTCOME_H
#define CRM_OUTCOME_H

#define NEXT_VERDICT                                                                   \
	"(SELECT verdict FROM answer AS n WHERE n.conversation_id = a.conversation_id" \
	"  AND (n.at, n.event_id) > (a.at, a.event_id) ORDER BY n.at, n.event_id LIMIT 1)"
#define NEXT_RATING                                                                            \
	"(SELECT rating / coalesce(rating_max, 5) FROM event AS r"                             \
	"  WHERE r.conversation_id = a.conversation_id AND r.type = 'rating' AND r.at >= a.at" \
	"  AND r.rating IS NOT NULL ORDER BY r.at, r.id LIMIT 1)"
#define WROTE_AGAIN                                                                     \
	"EXISTS (SELECT 1 FROM event AS w WHERE w.conversation_id = a.conversation_id"  \
	"  AND w.type = 'message' AND w.direction IS NOT 'out' AND w.automatic IS NULL" \
	"  AND w.at > a.asked_at AND w.at <= a.at + :quiet AND w.id <> a.event_id)"
#define SENT                                                                           \
	"EXISTS (SELECT 1 FROM event AS s WHERE s.conversation_id = a.conversation_id" \
	"  AND s.direction = 'out' AND s.automatic = 'bot' AND s.at >= a.at)"

/* Answers that were sent: those of table answer with helped (1, 0, or NULL: not known yet). Binds
 * :now and :quiet (CRM_CONFIDENCE_QUIET). */
#define CRM_OUTCOMES                                                                    \
	"SELECT a.*, CASE WHEN " NEXT_RATING " IS NOT NULL THEN " NEXT_RATING " >= 0.6" \
	" WHEN " NEXT_VERDICT " IS NOT NULL THEN " NEXT_VERDICT " = 'thanked'"          \
	" WHEN " WROTE_AGAIN " THEN 0"                                                  \
	" WHEN a.at + :quiet <= :now THEN 1 END AS helped"                              \
	" FROM (SELECT answer.*, event.at AS asked_at FROM answer"                      \
	"  JOIN event ON event.id = answer.event_id) AS a"                              \
	" WHERE a.verdict = 'answered' AND a.score IS NOT NULL AND a.at <= :now AND " SENT

#endif
