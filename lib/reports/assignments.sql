-- title: Who was given how much, and why
-- Whether work is shared fairly: what each agent was given in the window, by the reason that the
-- decision gave. What an agent kept is not counted again, nor an escalation that changes how
-- urgent it is and not who has it.
-- column: agent text the name in the file of agents
-- column: assignments requests that they were given
-- column: share fraction of all that agents were given
-- column: least_load assignments to the one with the least to do
-- column: responsible assignments to who looks after the person
-- column: dealt_with assignments to who dealt with the person last
-- column: by_rule assignments that a rule, or an escalation, decided
-- column: by_hand assignments that a person decided
-- column: taken_back assignments that were taken back from them again
-- column: first time of the first in the window
-- column: last time of the last in the window
-- column: n count assignments that the share is of
WITH
decided AS (
  SELECT agent, at, raw ->> 'reason' AS reason, raw ->> 'from' AS taken_from, raw ->> 'kept' AS kept,
         lag(agent) OVER (PARTITION BY conversation_id ORDER BY at, id) AS before
  FROM event WHERE type = 'assignment' AND at <= :as_of),
given AS (
  SELECT agent, at, reason, taken_from FROM decided
  WHERE agent IS NOT NULL AND at >= :since AND at < :until AND kept IS NULL
    AND NOT (reason = 'escalation' AND agent = before)),
taken AS (SELECT taken_from AS agent, count(*) AS n FROM given WHERE taken_from IS NOT NULL GROUP BY 1)
SELECT given.agent, count(*) AS assignments, round(1.0 * count(*) / sum(count(*)) OVER (), 4) AS share,
       count(*) FILTER (WHERE reason = 'least load') AS least_load,
       count(*) FILTER (WHERE reason = 'responsible') AS responsible,
       count(*) FILTER (WHERE reason = 'dealt with them last') AS dealt_with,
       count(*) FILTER (WHERE reason IN ('rule', 'escalation')) AS by_rule,
       count(*) FILTER (WHERE reason = 'by hand') AS by_hand,
       coalesce((SELECT n FROM taken WHERE taken.agent = given.agent), 0) AS taken_back,
       rfc3339(min(at)) AS first, rfc3339(max(at)) AS last,
       sum(count(*)) OVER () AS n
FROM given
WHERE given.agent <> ''
GROUP BY given.agent
ORDER BY assignments DESC, given.agent;
