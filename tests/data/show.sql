-- SPDX-License-Identifier: MIT
-- A small store for tests of the commands that read: five people of a shop, four sources.
--  person 1  Ada King: two records merged (persons 1 and 2), two orders and a cancelled one,
--            an answered request and an open one, a call
--  person 3  Ádám Müller, lead, hostile text in his record and message
--  person 4  王小明, one order in JPY
--  person 5  shares info@example.net with 3; nothing ever happened
-- Times: 1767225600000 is 2026-01-01T00:00:00Z, a day 86400000.
INSERT INTO source (id, name, scope, medium) VALUES
  (1, 'newsletter', 'newsletter', 'crm'), (2, 'shop-orders', 'shop', 'shop'),
  (3, 'support', 'support', 'email'), (4, 'calls', 'calls', 'phone');
INSERT INTO batch (id, source_id, file, mapping, started_at, finished_at, records, stored) VALUES
  (1, 1, 'newsletter.csv', '{}', 1790000000000, 1790000001000, 4, 4),
  (2, 2, 'orders.csv', '{}', 1790000002000, 1790000003000, 4, 4),
  (3, 3, 'support.jsonl', '{}', 1790000004000, 1790000005000, 6, 6),
  (4, 4, 'calls.csv', '{}', 1790000006000, 1790000007000, 1, 1);
INSERT INTO person (id, canon_id, created_at, name, email, phone) VALUES
  (1, 1, 1790000000000, 'Ada King', 'ada@example.org', '+493023125001'),
  (2, 1, 1790000002000, 'A. King', 'king@example.com', NULL),
  (3, 3, 1790000000000, 'Ádám Müller', 'adam@example.net', NULL),
  (4, 4, 1790000002000, '王小明', NULL, '+8613912345678'),
  (5, 5, 1790000000000, 'Eve Nobody', NULL, NULL);
INSERT INTO profile (id, source_id, key, batch_id, line, seen_at, person_id, name, given, family, birth_date, street, city, postcode, country, language, raw) VALUES
  (11, 1, 'a', 1, 2, 1767225600000, 1, 'Ada King', 'Ada', 'King', '1985-12-10', 'Hauptstraße 1', 'Berlin', '10115', 'DE', 'de', '{"id":"7","Vorname":"Ada","Nachname":"King"}'),
  (12, 2, 'b', 2, 2, 1769904000000, 2, 'A. King', 'A.', 'King', NULL, 'Hauptstr. 1', 'Berlin', '10115', 'DE', NULL, '{"Email":"king@example.com"}'),
  (13, 1, 'c', 1, 3, 1767312000000, 3, 'Ádám Müller', 'Ádám', 'Müller', NULL, NULL, 'Wien', NULL, 'AT', NULL, '{"note":"\u001b[31mred\u001b[0m"}'),
  (14, 2, 'd', 2, 4, 1769990400000, 4, '王小明', '小明', '王', NULL, NULL, '上海', NULL, 'CN', NULL, '{}'),
  (15, 1, 'e', 1, 4, 1767312000000, 5, 'Eve Nobody', 'Eve', 'Nobody', NULL, NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO endpoint (id, kind, scope, value, flags) VALUES
  (1, 'email', '', 'ada@example.org', 0), (2, 'email', '', 'king@example.com', 0),
  (3, 'phone', '', '+493023125001', 0), (4, 'handle', 'shop:customer', 'C-7', 0),
  (5, 'email', '', 'info@example.net', 1), (6, 'email', '', 'adam@example.net', 0),
  (7, 'phone', '', '+8613912345678', 0);
INSERT INTO profile_endpoint VALUES (11, 1), (11, 3), (12, 2), (12, 4), (13, 5), (13, 6), (14, 7), (15, 5);
INSERT INTO link (id, kind, a, b, profile_id, undoes, at, actor, reason, evidence) VALUES
  (1, 'merge', 1, 2, NULL, NULL, 1790000010000, 'crm-merge', 'match', '{"type":"match","a":11,"b":12,"probability":0.998}'),
  (2, 'merge', 3, 5, NULL, NULL, 1790000020000, 'kim', 'looked alike', NULL),
  (3, 'undo', 3, 5, NULL, 2, 1790000030000, 'kim', 'they are two', NULL);
INSERT INTO conversation (id, source_id, thread, profile_id, subject, opened_at, updated_at, status) VALUES
  (1, 3, 'T1', 11, 'Where is my bicycle?', 1772323200000, 1772330400000, 'resolved'),
  (2, 3, 'T2', 12, 'Brakes squeal', 1775001600000, 1775001600000, 'open'),
  (3, 3, 'T3', 13, 'Offer', 1775088000000, 1775088000000, 'open');
INSERT INTO event (id, source_id, key, batch_id, line, type, at, at_offset, direction, profile_id, endpoint_id, conversation_id, ref, amount, currency, subject, text, status, rating, rating_max, duration, agent, raw) VALUES
  (101, 2, 'o1', 2, 2, 'order', 1769904000000, 60, NULL, 12, 2, NULL, '1001', 129900, 'EUR', NULL, NULL, 'paid', NULL, NULL, NULL, NULL, '{}'),
  (102, 2, 'o2', 2, 3, 'order', 1772409600000, NULL, NULL, 12, 2, NULL, '1002', NULL, NULL, NULL, NULL, 'paid', NULL, NULL, NULL, NULL, '{}'),
  (103, 2, 'o3', 2, 4, 'order', 1772496000000, NULL, NULL, 12, 2, NULL, '1003', 5000, 'EUR', NULL, NULL, 'Cancelled', NULL, NULL, NULL, NULL, '{}'),
  (104, 2, 'o4', 2, 5, 'order', 1769990400000, NULL, NULL, 14, 7, NULL, '1004', 8800, 'JPY', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}'),
  (111, 3, 'm1', 3, 1, 'message', 1772323200000, 60, 'in', 11, 1, 1, '1001', NULL, NULL, 'Where is my bicycle?', 'Hello, I ordered a bicycle four weeks ago and it has not arrived. Could you tell me where it is?', NULL, NULL, NULL, NULL, NULL, '{}'),
  (112, 3, 'm2', 3, 2, 'message', 1772326800000, 60, 'out', 11, 1, 1, NULL, NULL, NULL, NULL, 'It leaves the warehouse today.', NULL, NULL, NULL, NULL, 'Kim', '{}'),
  (113, 3, 'm3', 3, 3, 'message', 1772330400000, 60, 'in', 11, 1, 1, NULL, NULL, NULL, NULL, 'Thank you!', NULL, NULL, NULL, NULL, NULL, '{}'),
  (114, 3, 'm4', 3, 4, 'message', 1775001600000, NULL, 'in', 12, 2, 2, '1002', NULL, NULL, 'Brakes squeal', 'The brakes squeal.', NULL, NULL, NULL, NULL, NULL, '{}'),
  (115, 3, 'm5', 3, 5, 'message', 1775088000000, NULL, 'in', 13, 6, 3, NULL, NULL, NULL, 'Offer', char(27) || '[2J' || char(27) || ']0;owned' || char(7) || ' please' || char(8238) || 'txt.exe', NULL, NULL, NULL, NULL, NULL, '{}'),
  (116, 3, 'r1', 3, 6, 'rating', 1775174400000, NULL, NULL, 11, 1, 1, '1001', NULL, NULL, NULL, NULL, NULL, 4, 5, NULL, NULL, '{}'),
  (121, 4, 'c1', 4, 1, 'call', 1775260800000, 120, 'in', 11, 3, NULL, NULL, NULL, NULL, NULL, NULL, 'answered', NULL, NULL, 95, 'Kim', '{}');
INSERT INTO order_line (id, source_id, key, batch_id, line, scope, ref, sku, name, quantity, price, extra, currency, raw) VALUES
  (1, 2, '1001/1', 2, 2, 'shop', '1001', 'B-1', 'Touring bicycle', 1, 129900, NULL, 'EUR', '{}'),
  (2, 2, '1002/1', 2, 3, 'shop', '1002', 'L-2', 'Lamp', 2, 2450, 500, 'EUR', '{}');
-- as crm-ingest does
INSERT INTO profile_words (rowid, words) SELECT id, coalesce(name, '') || ' ' || coalesce(given, '')
  || ' ' || coalesce(family, '') || ' ' || coalesce(org, '') || ' ' || coalesce(street, '') || ' '
  || coalesce(city, '') FROM profile;
INSERT INTO event_words (rowid, words) SELECT id, coalesce(subject, '') || ' ' || coalesce(text, '')
  || ' ' || coalesce(ref, '') FROM event WHERE coalesce(subject, text, ref) IS NOT NULL;
