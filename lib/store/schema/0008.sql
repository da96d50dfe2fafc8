-- Version 8: people who asked to be forgotten (store/erase.h).

CREATE TABLE erasure (             -- that it was done: append-only
  id        INTEGER PRIMARY KEY,
  person_id INTEGER NOT NULL REFERENCES person, -- canonical at that time
  at        INTEGER NOT NULL,
  actor     TEXT NOT NULL,
  reason    TEXT,
  counts    TEXT NOT NULL          -- of what was erased, as a JSON object: see crm-records(5)
) STRICT;

CREATE TABLE erased (              -- what would bring them back
  name TEXT PRIMARY KEY,           -- in place of an address or a source's id: store/erased.h
  at   INTEGER NOT NULL            -- what is not newer is not taken again
) STRICT, WITHOUT ROWID;
