-- title: Customers by value
-- Who bought for most, for each currency. Cancelled orders do not count; amounts in
-- different currencies are not added up, so somebody may be there twice.
-- param: limit 20 rows for each currency
-- column: person id the person, as crm-show takes it
-- column: name text the name of the golden record
-- column: orders orders in the window
-- column: revenue money their value
-- column: currency ISO-4217 of the revenue
-- column: first_order time the first in the window
-- column: last_order time the last in the window
-- column: last_contact time the last message or call, either way, up to as_of
-- column: n count orders the value is made from: those with an amount
WITH
bought AS (
  SELECT person.canon_id AS person_id, v.currency, count(*) AS orders, sum(v.amount) AS amount,
         count(v.amount) AS n, min(v.at) AS first_order, max(v.at) AS last_order
  FROM order_value AS v
  JOIN profile ON profile.id = v.profile_id
  JOIN person ON person.id = profile.person_id
  WHERE v.at >= :since AND v.at < :until AND v.at <= :as_of AND order_counts(v.status)
  GROUP BY person.canon_id, v.currency),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY currency ORDER BY amount DESC, person_id) AS place,
         sum(orders) OVER (PARTITION BY currency) AS of_currency
  FROM bought)
SELECT person_id AS person, person.name, orders, money(amount, currency) AS revenue, currency,
       rfc3339(first_order) AS first_order, rfc3339(last_order) AS last_order,
       (SELECT rfc3339(max(event.at)) FROM event
        WHERE event.profile_id IN (SELECT profile.id FROM profile WHERE profile.person_id IN
            (SELECT id FROM person WHERE canon_id = ranked.person_id AND canon_id <> id
             UNION ALL SELECT ranked.person_id))
          AND event.type IN ('message', 'call') AND event.at <= :as_of) AS last_contact,
       n
FROM ranked JOIN person ON person.id = ranked.person_id
WHERE place <= :limit
ORDER BY of_currency DESC, currency, place;
