-- title: Channels
-- One row for each source. A source that sells in several currencies has a row for each
-- of them; what is no money then stands in the first. Cancelled orders do not count. What a
-- program wrote, as an acknowledgement or the bot's answer, is no answer; see responses too.
-- What our own commands wrote down, as assignments, is no channel.
-- column: source name the channel
-- column: scope name which of several of that channel
-- column: medium name email, phone, chat, web, shop, crm
-- column: n count events in the window
-- column: people people distinct people in its records and events up to as_of
-- column: messages_in messages received in the window
-- column: messages_out messages sent in the window
-- column: calls calls in the window
-- column: orders orders in the window, of this currency
-- column: revenue money their value
-- column: currency ISO-4217 of the revenue
-- column: response_median seconds from a request's first message to the first answer of a person
-- column: response_n requests begun in the window and answered by a person by as_of
-- column: unanswered requests begun in the window and not answered by as_of
-- column: last_event time of the last event up to as_of
WITH
seen AS (
  SELECT record.source_id, count(DISTINCT person.canon_id) AS people
  FROM (SELECT source_id, id AS profile_id FROM profile WHERE seen_at <= :as_of
        UNION SELECT source_id, profile_id FROM event WHERE at <= :as_of) AS record
  JOIN profile ON profile.id = record.profile_id
  JOIN person ON person.id = profile.person_id
  GROUP BY record.source_id),
happened AS (
  SELECT source_id, max(at) AS last_event,
         sum(at >= :since AND at < :until) AS n,
         sum(type = 'message' AND direction = 'in' AND at >= :since AND at < :until) AS messages_in,
         sum(type = 'message' AND direction = 'out' AND at >= :since AND at < :until) AS messages_out,
         sum(type = 'call' AND at >= :since AND at < :until) AS calls
  FROM event WHERE at <= :as_of GROUP BY source_id),
bought AS (
  SELECT source_id, currency, count(*) AS orders, sum(amount) AS amount,
         row_number() OVER (PARTITION BY source_id ORDER BY count(*) DESC, currency) AS place
  FROM order_value
  WHERE at >= :since AND at < :until AND at <= :as_of AND order_counts(status)
  GROUP BY source_id, currency),
asked AS (
  SELECT conversation_id, min(at) AS at FROM event
  WHERE conversation_id IS NOT NULL AND type = 'message' AND direction = 'in'
    AND (automatic IS NULL OR automatic IN ('list', 'bot'))
    AND at <= :as_of
  GROUP BY conversation_id HAVING min(at) >= :since AND min(at) < :until),
answered AS (
  SELECT conversation.source_id,
         (SELECT min(answer.at) FROM event AS answer
          WHERE answer.conversation_id = asked.conversation_id AND answer.type = 'message'
            AND answer.direction = 'out' AND answer.automatic IS NULL AND answer.at >= asked.at AND answer.at <= :as_of)
         - asked.at AS wait
  FROM asked JOIN conversation ON conversation.id = asked.conversation_id),
response AS (
  SELECT source_id, median(wait / 1000.0) AS median, count(wait) AS n, sum(wait IS NULL) AS waiting
  FROM answered GROUP BY source_id)
SELECT source.name AS source, source.scope, source.medium,
       iif(coalesce(place, 1) = 1, coalesce(happened.n, 0), NULL) AS n,
       iif(coalesce(place, 1) = 1, coalesce(seen.people, 0), NULL) AS people,
       iif(coalesce(place, 1) = 1, coalesce(messages_in, 0), NULL) AS messages_in,
       iif(coalesce(place, 1) = 1, coalesce(messages_out, 0), NULL) AS messages_out,
       iif(coalesce(place, 1) = 1, coalesce(calls, 0), NULL) AS calls,
       coalesce(orders, 0) AS orders,
       money(amount, currency) AS revenue, currency,
       iif(coalesce(place, 1) = 1, response.median, NULL) AS response_median,
       iif(coalesce(place, 1) = 1, coalesce(response.n, 0), NULL) AS response_n,
       iif(coalesce(place, 1) = 1, coalesce(response.waiting, 0), NULL) AS unanswered,
       iif(coalesce(place, 1) = 1, rfc3339(last_event), NULL) AS last_event
FROM source
LEFT JOIN seen ON seen.source_id = source.id
LEFT JOIN happened ON happened.source_id = source.id
LEFT JOIN bought ON bought.source_id = source.id
LEFT JOIN response ON response.source_id = source.id
WHERE (seen.people > 0 OR happened.n IS NOT NULL) AND NOT (source.medium = 'crm' AND source.scope = '')
ORDER BY source.name, source.scope, place;
