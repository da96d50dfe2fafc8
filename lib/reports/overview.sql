-- title: Overview
-- What there is: people, records, requests, orders. State (people, records, merges, open
-- requests) is as of the time asked for; what happened (events, orders, revenue) lies in
-- the window --since/--until when one is given. Who is one person is as it was known then.
-- Cancelled orders do not count.
-- column: metric name what is counted or measured
-- column: of value the part of it: a type of event, a currency; null: all
-- column: value unit the figure; an amount is text
-- column: unit name what the figure is in
-- column: n count how many things it was made from
-- column: low share lower end of the 95 % interval (Wilson), for estimated shares
-- column: high share its upper end
WITH
record AS MATERIALIZED (
  SELECT profile.id, person.canon_id AS person_id
  FROM profile JOIN person ON person.id = profile.person_id
  WHERE profile.seen_at <= :as_of),
bought AS MATERIALIZED (
  SELECT person.canon_id AS person_id, v.amount, v.currency,
         v.at >= :since AND v.at < :until AS in_window
  FROM order_value AS v
  LEFT JOIN profile ON profile.id = v.profile_id
  LEFT JOIN person ON person.id = profile.person_id
  WHERE v.at <= :as_of AND order_counts(v.status)),
customer AS (
  SELECT person_id, count(*) AS orders FROM bought WHERE person_id IS NOT NULL GROUP BY person_id),
people AS (SELECT count(DISTINCT person_id) AS n FROM record),
buyers AS (
  SELECT count(*) AS n, coalesce(sum(orders > 1), 0) AS again
  FROM customer WHERE person_id IN (SELECT person_id FROM record)),
-- a request that changed after as_of is judged by its events before it
request AS (
  SELECT CASE WHEN updated_at > :as_of THEN request_status(id, :as_of)
              WHEN status = 'snoozed' AND snoozed_until <= :as_of THEN 'open' ELSE status END AS status
  FROM conversation WHERE opened_at <= :as_of),
row (place, metric, of, value, unit, n, low, high) AS (
  SELECT 1, 'people', NULL, n, 'people', n, NULL, NULL FROM people
  UNION ALL
  SELECT 2, 'leads', NULL, people.n - buyers.n, 'people', people.n, NULL, NULL FROM people, buyers
  UNION ALL
  SELECT 3, 'customers', NULL, buyers.n, 'people', people.n, NULL, NULL FROM people, buyers
  UNION ALL
  SELECT 4, 'repeat_rate', NULL, CASE WHEN n > 0 THEN 1.0 * again / n END, 'share', n,
         wilson_low(again, n), wilson_high(again, n) FROM buyers
  UNION ALL
  SELECT 5, 'records', NULL, count(*), 'records', count(*), NULL, NULL FROM record
  UNION ALL
  SELECT 6, 'merges', NULL, count(*), 'links', count(*), NULL, NULL FROM link
  WHERE kind = 'merge' AND at <= :as_of
    AND id NOT IN (SELECT undoes FROM link WHERE kind = 'undo' AND at <= :as_of)
  UNION ALL
  SELECT 7, 'events', type, count(*), 'events', count(*), NULL, NULL FROM event
  WHERE at >= :since AND at < :until AND at <= :as_of GROUP BY type
  UNION ALL
  SELECT 8, 'open_requests', NULL, coalesce(sum(status IN ('new', 'open')), 0), 'requests', count(*), NULL, NULL
  FROM request
  UNION ALL
  SELECT 9, 'orders', NULL, count(*), 'orders', count(*), NULL, NULL FROM bought WHERE in_window
  UNION ALL
  SELECT 10, 'revenue', currency, money(sum(amount), currency), currency, count(amount), NULL, NULL
  FROM bought WHERE in_window AND amount IS NOT NULL GROUP BY currency)
SELECT metric, of, value, unit, n, low, high FROM row ORDER BY place, of;
