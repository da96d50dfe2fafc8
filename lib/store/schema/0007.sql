-- Version 7: what linkage compares beyond endpoints that identify. Endpoints are now also of
-- kind id: the number of a document, its scope the kind (ssn, passport:DE), its value letters
-- and digits. They are typed by people and identify nobody on arrival.

-- A birth date that is no day of the calendar, as YYYY-MM-DD with 00 for what is not said:
-- 1865-12-80, 1970-00-00. It says less than a date, not nothing. NULL where birth_date is known.
ALTER TABLE profile ADD COLUMN birth_written TEXT;

CREATE TABLE single (              -- sources that have each person once, as their channels say
  source_id INTEGER PRIMARY KEY REFERENCES source
) STRICT;
