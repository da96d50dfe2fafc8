-- A hundred people, profile N of person N, and then seven more profiles of some of them:
-- 101 is 1 with a slip of the pen, 102 is 2 with given and family name swapped, 103 is 3
-- moved, with another address but the same phone, 104 is 4 as it is but for case, 105 and
-- 106 are 5. 107 lives with 7 and is somebody else. info@ is marked as shared.
INSERT INTO source VALUES (1, 'contacts', 'shop', 'crm');
INSERT INTO batch (id, source_id, file, mapping, started_at) VALUES (1, 1, 'contacts.csv', '{}', 0);
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
INSERT INTO person (id, canon_id, created_at) SELECT i + 1, i + 1, 0 FROM n;
INSERT INTO person (id, canon_id, created_at) VALUES (101, 101, 0), (102, 102, 0), (103, 103, 0),
  (104, 104, 0), (105, 105, 0), (106, 5, 0), (107, 107, 0);
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
INSERT INTO profile (id, source_id, key, batch_id, line, seen_at, person_id, given, family, birth_date,
                     street, city, postcode, raw)
SELECT i + 1, 1, i, 1, i + 2, 0, i + 1,
  json_extract('["Amelia","Bruno","Clara","David","Emine","Florian","Greta","Hakan","Ida","Jonas"]', '$[' || (i % 10) || ']'),
  json_extract('["Weber","Fischer","Yilmaz","Novak","Rossi","Keller","Braun","Schulz","Peters","Lorenz"]', '$[' || ((i / 10 + i) % 10) || ']'),
  date('1950-01-01', (i * 211) || ' days'),
  (1 + i * 7 % 60) || ' ' || json_extract('["Gartenweg","Hauptstrasse","Ringstrasse","Am Anger","Lindenallee"]', '$[' || (i % 5) || ']'),
  json_extract('["Erfurt","Jena","Gera","Weimar"]', '$[' || (i / 3 % 4) || ']'), 99000 + i / 3 % 4 * 100 + i % 7,
  json_object('nr', i + 1) FROM n;
INSERT INTO profile (id, source_id, key, batch_id, line, seen_at, person_id, given, family, birth_date,
                     street, city, postcode, raw)
SELECT 100 + p.id, 1, 100 + p.id, 1, 101 + p.id, 0, 100 + p.id, p.given, p.family, p.birth_date, p.street,
  p.city, p.postcode, json_object('nr', 100 + p.id) FROM profile AS p WHERE p.id IN (1, 2, 3, 4, 5, 6, 7);
UPDATE profile SET given = 'Ameila' WHERE id = 101;
UPDATE profile SET given = family, family = given WHERE id = 102;
UPDATE profile SET street = '3 Schlossplatz', city = 'Gotha', postcode = '99867' WHERE id = 103;
UPDATE profile SET given = upper(given), family = upper(family) WHERE id = 104;
UPDATE profile SET (given, family, birth_date, street, city, postcode) =
  (SELECT given, family, NULL, street, city, postcode FROM profile WHERE id = 5) WHERE id = 106;
UPDATE profile SET given = 'Gustav', birth_date = '1985-06-17' WHERE id = 107;
INSERT INTO endpoint (id, kind, scope, value, flags)
  SELECT id, 'email', '', lower(given || '.' || family) || '@example.' ||
    json_extract('["com","org","net"]', '$[' || (id % 3) || ']'), 0 FROM profile WHERE id <= 100;
INSERT INTO endpoint (id, kind, scope, value, flags)
  SELECT 100 + id, 'phone', '', '+49361' || (1000000 + id * 6857), 0 FROM profile WHERE id <= 100;
INSERT INTO endpoint (id, kind, scope, value, flags) VALUES (999, 'email', '', 'info@example.com', 1);
INSERT INTO profile_endpoint SELECT id, id FROM profile WHERE id <= 100 AND id % 3 > 0;
INSERT INTO profile_endpoint SELECT id, 100 + id FROM profile WHERE id <= 100 AND id % 4 > 0;
INSERT INTO profile_endpoint VALUES (101, 1), (103, 103), (104, 4), (105, 105), (106, 5), (107, 107),
  (10, 999), (20, 999), (30, 999);
