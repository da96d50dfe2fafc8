-- A store of eight people as crm-ingest would leave it: profile 10 is of person 1, and so
-- on. 10, 20, 30 and 40 are Ada in four channels; 50 and 51 are two records that came with
-- one address; 60 and 70 have different ids of one shop.
INSERT INTO source VALUES (1, 'webshop', 'shop', 'shop'), (2, 'newsletter', 'news', 'email'),
  (3, 'support', 'help', 'chat');
INSERT INTO batch (id, source_id, file, mapping, started_at) VALUES
  (1, 1, 'orders.csv', '{}', 0), (2, 2, 'news.csv', '{}', 0), (3, 3, 'help.jsonl', '{}', 0);
INSERT INTO person (id, canon_id, created_at, name, email, phone) VALUES
  (1, 1, 0, 'Ada King', 'ada@example.org', '+4930123456'), (2, 2, 0, 'A. King', 'ada@example.net', NULL),
  (3, 3, 0, 'Ada Lovelace King', NULL, '+4930999999'), (4, 4, 0, 'ada king', 'ada@example.org', NULL),
  (5, 5, 0, 'Jean Jennings', 'crew@example.com', NULL), (6, 6, 0, 'Alan Turing', 'alan@example.com', NULL),
  (7, 7, 0, 'Alan Turing', 'alan@example.net', NULL), (8, 8, 0, 'Edsger', NULL, NULL);
INSERT INTO profile (id, source_id, key, batch_id, line, seen_at, person_id, name, given, family,
                     birth_date, org, street, city, postcode, region, country, language, raw) VALUES
  (10, 1, 'a', 1, 2, 1000, 1, 'Ada King', 'Ada', 'King', '1815-12-10', 'Engines Ltd',
   'Dorset St 1', 'London', 'W1U 4EB', NULL, 'GB', 'en', '{}'),
  (20, 2, 'b', 2, 2, 3000, 2, 'A. King', 'A.', 'King', '1815-12-10', NULL,
   NULL, 'Ockham', NULL, NULL, 'GB', 'de', '{}'),
  (30, 3, 'c', 3, 2, 2000, 3, 'Ada Lovelace King', 'Ada Lovelace', 'King', '1815-10-12', NULL,
   NULL, NULL, NULL, NULL, NULL, 'fr', '{}'),
  (40, 2, 'd', 2, 3, 2000, 4, 'ada king', 'ada', 'king', NULL, NULL,
   NULL, NULL, NULL, NULL, NULL, NULL, '{}'),
  (50, 2, 'e', 2, 4, 1000, 5, 'Grace Hopper', 'Grace', 'Hopper', NULL, NULL,
   NULL, NULL, NULL, NULL, NULL, NULL, '{}'),
  (51, 3, 'f', 3, 3, 2000, 5, 'Jean Jennings', 'Jean', 'Jennings', NULL, NULL,
   NULL, NULL, NULL, NULL, NULL, NULL, '{}'),
  (60, 1, 'g', 1, 3, 1000, 6, 'Alan Turing', 'Alan', 'Turing', NULL, NULL,
   NULL, NULL, NULL, NULL, NULL, NULL, '{}'),
  (70, 1, 'h', 1, 4, 1000, 7, 'Alan Turing', 'Alan', 'Turing', NULL, NULL,
   NULL, NULL, NULL, NULL, NULL, NULL, '{}'),
  (80, 3, 'i', 3, 4, 1000, 8, 'Edsger', NULL, NULL, NULL, NULL,
   NULL, NULL, NULL, NULL, NULL, NULL, '{}');
INSERT INTO endpoint (id, kind, scope, value, flags) VALUES
  (1, 'email', '', 'ada@example.org', 0), (2, 'email', '', 'ada@example.net', 0),
  (3, 'phone', '', '+4930123456', 0), (4, 'phone', '', '+4930999999', 0),
  (5, 'email', '', 'crew@example.com', 0), (6, 'email', '', 'alan@example.com', 0),
  (7, 'email', '', 'alan@example.net', 0), (8, 'email', '', 'info@example.com', 1),
  (9, 'handle', 'shop:customer', '4711', 0), (10, 'handle', 'shop:customer', '4712', 0),
  (11, 'handle', 'web:device', 'f00', 2), (12, 'handle', 'web:device', 'ba7', 2);
INSERT INTO profile_endpoint VALUES (10, 1), (10, 3), (20, 2), (20, 8), (30, 4), (40, 1), (50, 5),
  (51, 5), (60, 6), (60, 9), (70, 7), (70, 10), (10, 11), (20, 12);
