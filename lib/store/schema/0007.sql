-- Version 7: what linkage compares beyond endpoints that identify. Endpoints are now also of
-- kind id: the number of a document, its scope the kind (ssn, passport:DE), its value letters
-- and digits. They are typed by people and identify nobody on arrival.

-- A birth date that is no day of the calendar, as YYYY-MM-DD with 00 for what is not said:
-- 1865-12-80, 1970-00-00. It says less than a date, not nothing. NULL where birth_date is known.
ALTER TABLE profile ADD COLUMN birth_written TEXT;

CREATE TABLE single (              -- sources that have each person once, as their channels say
  source_id INTEGER PRIMARY KEY REFERENCES source
) STRICT;

-- What crm-dedupe reads profiles into, kept so that the next run reads only what is new: a cache,
-- which may be dropped at any time. See link/snapshot.h.
CREATE TABLE link_snapshot (       -- profiles, in chunks
  id      INTEGER PRIMARY KEY,
  spec    TEXT NOT NULL,           -- digest of the columns that are compared
  last_id INTEGER NOT NULL,        -- of the last profile in it
  endpoint_id INTEGER NOT NULL,    -- endpoints up to this one are known by then
  records INTEGER NOT NULL,        -- how many profiles
  UNIQUE (spec, last_id)
) STRICT;

CREATE TABLE link_snapshot_part (  -- a column of a chunk
  snapshot_id INTEGER NOT NULL REFERENCES link_snapshot ON DELETE CASCADE,
  part        TEXT NOT NULL,       -- its name; /profile, /person … where it is no column
  numbers     BLOB NOT NULL,       -- of the texts that records have
  texts       BLOB NOT NULL,       -- those that are new in this chunk
  PRIMARY KEY (snapshot_id, part)
) STRICT;

CREATE INDEX endpoint_shared ON endpoint (id) WHERE flags & 1;

CREATE TABLE link_run (            -- runs of crm-dedupe over all profiles, or all new ones
  id       INTEGER PRIMARY KEY,
  at       INTEGER NOT NULL,
  after_id INTEGER NOT NULL,       -- pairs of profiles above this id were looked for,
  last_id  INTEGER NOT NULL,       -- up to this one
  matches  INTEGER NOT NULL,       -- how many were found
  plan     TEXT                    -- of a run over all: the blocking rules that it chose, for the
                                   -- runs over new ones to use; JSON
) STRICT;
