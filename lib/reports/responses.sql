-- title: Responses
-- How long people wait for a person: over all, and by channel, queue and agent. An answer is a
-- message or call of ours that no program made; what the bot says answers nothing. first: from
-- the first message of a request begun in the window to its first answer; requests that we began
-- have none. next: after that, from the oldest message without an answer, if of the window, to
-- the answer; what was resolved without one does not count. Of an agent: the answers they gave.
-- Time is time on the clock; for promises in business time see crm-route --due.
-- column: by name all, channel, queue or agent
-- column: name name of which; null where it has none
-- column: requests count begun in the window by them; null of agents
-- column: answered count of these by as_of
-- column: first_median seconds to the first answer
-- column: first_p90 seconds nine of ten were quicker
-- column: replies count to further messages, asked in the window
-- column: next_median seconds to such an answer
-- column: next_p90 seconds nine of ten were quicker
WITH
said AS ( -- 1 they asked, 2 a person answered, 3 it was resolved
  SELECT conversation_id, at, id, nullif(agent, '') AS agent,
         CASE WHEN type = 'status' THEN 3 WHEN direction IS 'out' THEN 2 ELSE 1 END AS kind
  FROM event
  WHERE conversation_id IS NOT NULL AND at <= :as_of
    AND (type IN ('message', 'call')
         AND (automatic IS NULL OR direction IS NOT 'out' AND automatic IN ('list', 'bot'))
         OR type = 'status' AND request_state(status) = 'resolved')),
placed AS (
  SELECT *, coalesce(sum(kind > 1) OVER before, 0) AS gap,
         coalesce(sum(kind = 2) OVER before, 0) AS answers,
         first_value(kind) OVER talk AS begun_by
  FROM said
  WINDOW talk AS (PARTITION BY conversation_id ORDER BY at, id),
         before AS (PARTITION BY conversation_id ORDER BY at, id
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)),
wait AS ( -- a gap ends with what a person answered, or with what resolved it
  SELECT 1 AS first, conversation_id, max(agent) FILTER (WHERE kind = 2 AND answers = 0) AS agent,
         min(at) AS asked, max(at) FILTER (WHERE kind = 2 AND answers = 0) - min(at) AS ms
  FROM placed WHERE begun_by = 1 GROUP BY conversation_id
  UNION ALL
  SELECT 0, conversation_id, max(agent) FILTER (WHERE kind = 2),
         min(at) FILTER (WHERE kind = 1) AS asked,
         max(at) FILTER (WHERE kind = 2) - min(at) FILTER (WHERE kind = 1) AS ms
  FROM placed WHERE answers > 0 OR begun_by = 2 GROUP BY conversation_id, gap
  HAVING ms IS NOT NULL),
inside AS MATERIALIZED (SELECT * FROM wait WHERE asked >= :since AND asked < :until),
part AS (
  SELECT 0 AS place, 'all' AS by, NULL AS name, first, ms FROM inside
  UNION ALL
  SELECT 1, 'channel', source.name, first, ms
  FROM inside JOIN conversation ON conversation.id = conversation_id
  JOIN source ON source.id = conversation.source_id
  UNION ALL
  SELECT 2, 'queue', conversation.queue, first, ms
  FROM inside JOIN conversation ON conversation.id = conversation_id
  UNION ALL
  SELECT 3, 'agent', agent, first, ms FROM inside WHERE ms IS NOT NULL)
SELECT by, name, iif(by = 'agent', NULL, sum(first)) AS requests,
       sum(first AND ms IS NOT NULL) AS answered,
       round(median(iif(first, ms / 1000.0, NULL)), 3) AS first_median,
       round(percentile(iif(first, ms / 1000.0, NULL), 90), 3) AS first_p90,
       sum(NOT first) AS replies,
       round(median(iif(first, NULL, ms / 1000.0)), 3) AS next_median,
       round(percentile(iif(first, NULL, ms / 1000.0), 90), 3) AS next_p90
FROM part GROUP BY place, by, name ORDER BY place, name;
