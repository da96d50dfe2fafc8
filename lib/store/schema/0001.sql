-- The store, version 1. Facts are appended and never edited; columns marked "derived"
-- are caches that can be computed again from the facts.
-- Times: milliseconds since 1970-01-01 UTC. Money: minor units of its currency.

CREATE TABLE source (              -- where records come from: a channel with a scope
  id         INTEGER PRIMARY KEY,
  name       TEXT NOT NULL,        -- the channel file's name: contacts, olist-orders …
  scope      TEXT NOT NULL,        -- namespace of its ids: two shops are two scopes
  medium     TEXT NOT NULL,        -- email, phone, chat, web, shop, crm …: for reports
  UNIQUE (name, scope)
) STRICT;

CREATE TABLE batch (               -- one run of crm-ingest over one file: lineage
  id          INTEGER PRIMARY KEY,
  source_id   INTEGER NOT NULL REFERENCES source,
  file        TEXT NOT NULL,       -- as named on the command line; - for standard input
  mapping     TEXT NOT NULL,       -- what was decided on reading it, as JSON
  started_at  INTEGER NOT NULL,
  finished_at INTEGER,             -- NULL: running, or killed and to be resumed
  records     INTEGER NOT NULL DEFAULT 0, -- consumed so far: the next three added up
  stored      INTEGER NOT NULL DEFAULT 0,
  duplicate   INTEGER NOT NULL DEFAULT 0, -- were stored before
  set_aside   INTEGER NOT NULL DEFAULT 0  -- see table rejected
) STRICT;

CREATE TABLE rejected (            -- input that could not be used: nothing is lost
  id          INTEGER PRIMARY KEY,
  source_id   INTEGER NOT NULL REFERENCES source,
  batch_id    INTEGER NOT NULL REFERENCES batch,
  line        INTEGER NOT NULL,    -- first line of the record in its file, from 1
  reason      TEXT NOT NULL,
  header      TEXT,                -- the header line it stood under (CSV), to replay it
  bytes       BLOB NOT NULL,       -- exactly as they came
  digest      BLOB NOT NULL,       -- of the bytes: the same line is kept once
  replayed_at INTEGER,             -- when a replay stored it
  UNIQUE (source_id, digest)
) STRICT;

CREATE TABLE person (              -- somebody; what is known of them is in profiles
  id         INTEGER PRIMARY KEY,
  canon_id   INTEGER NOT NULL,     -- derived from link: the id that stands for all of
                                   -- this person's ids; its own while not merged
  created_at INTEGER NOT NULL,
  name       TEXT,                 -- the golden record, derived by the survivorship
  email      TEXT,                 -- rules from all profiles; kept on the canonical
  phone      TEXT                  -- id only
) STRICT;
CREATE INDEX person_canon ON person (canon_id) WHERE canon_id <> id;

CREATE TABLE profile (             -- one record of a person as one source knows it
  id         INTEGER PRIMARY KEY,
  source_id  INTEGER NOT NULL REFERENCES source,
  key        TEXT NOT NULL,        -- the source's own id with a digest of the content,
                                   -- else digest and occurrence: idempotency
  batch_id   INTEGER NOT NULL REFERENCES batch,
  line       INTEGER NOT NULL,     -- in the batch's file
  seen_at    INTEGER NOT NULL,     -- the record's own time, else when it was ingested
  person_id  INTEGER NOT NULL REFERENCES person, -- derived: who it was identified as
                                   -- on arrival, unless a link has split it off
  name       TEXT,                 -- whole name, as one would write it
  given      TEXT,
  family     TEXT,
  birth_date TEXT,                 -- YYYY-MM-DD; what is no such date stays in raw
  org        TEXT,
  street     TEXT,                 -- with house number and unit
  city       TEXT,
  postcode   TEXT,
  region     TEXT,                 -- state, province
  country    TEXT,                 -- ISO 3166 alpha-2 where it could be told
  language   TEXT,                 -- BCP 47
  raw        TEXT NOT NULL,        -- the record as it came, as a JSON object
  UNIQUE (source_id, key)
) STRICT;
CREATE INDEX profile_person ON profile (person_id);

CREATE TABLE endpoint (            -- an address at which somebody is reached or known
  id    INTEGER PRIMARY KEY,
  kind  TEXT NOT NULL,             -- email, phone, handle
  scope TEXT NOT NULL,             -- '' for e-mail and phone; of a handle: whose id it is
  value TEXT NOT NULL,             -- normalised: ada@example.org, +4930123456, 4711
  flags INTEGER NOT NULL DEFAULT 0, -- 1 shared by many people: does not identify
  UNIQUE (value, kind, scope)
) STRICT;

CREATE TABLE profile_endpoint (    -- which records give which addresses
  profile_id  INTEGER NOT NULL REFERENCES profile,
  endpoint_id INTEGER NOT NULL REFERENCES endpoint,
  PRIMARY KEY (profile_id, endpoint_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX profile_endpoint_back ON profile_endpoint (endpoint_id);

CREATE TABLE link (                -- who is who: append-only, nothing moves
  id         INTEGER PRIMARY KEY,
  kind       TEXT NOT NULL CHECK (kind IN ('merge', 'split', 'undo')),
  a          INTEGER REFERENCES person,  -- merge: a and b are one person;
  b          INTEGER REFERENCES person,  -- split: profile_id leaves a and becomes b
  profile_id INTEGER REFERENCES profile,
  undoes     INTEGER UNIQUE REFERENCES link, -- undo: the link that no longer holds
  at         INTEGER NOT NULL,
  actor      TEXT NOT NULL,        -- a user's name, or the command that decided
  reason     TEXT NOT NULL,
  evidence   TEXT                  -- the match line, as JSON
) STRICT;
CREATE INDEX link_a ON link (a);
CREATE INDEX link_b ON link (b);
CREATE INDEX link_profile ON link (profile_id) WHERE profile_id IS NOT NULL;

CREATE TABLE decision (            -- a human's yes or no on two profiles, for ever
  id    INTEGER PRIMARY KEY,
  a     INTEGER NOT NULL REFERENCES profile,
  b     INTEGER NOT NULL REFERENCES profile,
  same  INTEGER NOT NULL,          -- 1 one person, 0 two
  at    INTEGER NOT NULL,
  actor TEXT NOT NULL,
  note  TEXT
) STRICT;
CREATE INDEX decision_pair ON decision (a, b);

CREATE TABLE suspect (             -- a record whose strong identifiers name two people
  profile_id  INTEGER NOT NULL REFERENCES profile,
  person_id   INTEGER NOT NULL REFERENCES person,   -- the one it was not given to
  endpoint_id INTEGER NOT NULL REFERENCES endpoint, -- and by which address
  PRIMARY KEY (profile_id, person_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE conversation (        -- a request, with its present state derived
  id         INTEGER PRIMARY KEY,
  source_id  INTEGER NOT NULL REFERENCES source,
  thread     TEXT NOT NULL,        -- the source's id of it
  profile_id INTEGER REFERENCES profile, -- who asked
  subject    TEXT,
  opened_at  INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  status     TEXT NOT NULL,        -- open (we owe an answer), pending (they do), resolved
  UNIQUE (source_id, thread)
) STRICT;
CREATE INDEX conversation_profile ON conversation (profile_id);

CREATE TABLE event (               -- all that happened
  id              INTEGER PRIMARY KEY,
  source_id       INTEGER NOT NULL REFERENCES source,
  key             TEXT NOT NULL,   -- the source's own id, else digest and occurrence
  batch_id        INTEGER NOT NULL REFERENCES batch,
  line            INTEGER NOT NULL,
  type            TEXT NOT NULL,   -- message, call, order, visit, rating, cost, note, consent;
                                   -- change: what an event of this id says now
  at              INTEGER NOT NULL,
  at_offset       INTEGER,         -- minutes east of UTC, where the source wrote one
  direction       TEXT,            -- in, out
  profile_id      INTEGER REFERENCES profile, -- whose; derived where only ref tells
  endpoint_id     INTEGER REFERENCES endpoint, -- at which address
  conversation_id INTEGER REFERENCES conversation,
  ref             TEXT,            -- number of the order that it is or is about
  amount          INTEGER,
  currency        TEXT,            -- ISO 4217
  subject         TEXT,
  text            TEXT,
  status          TEXT,            -- in the source's words
  rating          REAL,
  rating_max      REAL,
  duration        INTEGER,         -- of a call: seconds talked
  agent           TEXT,            -- who answered, in the source's words
  raw             TEXT NOT NULL,   -- the record as it came, as a JSON object
  UNIQUE (source_id, key)
) STRICT;
CREATE INDEX event_profile ON event (profile_id, at);
CREATE INDEX event_conversation ON event (conversation_id, at) WHERE conversation_id IS NOT NULL;
CREATE INDEX event_ref ON event (ref) WHERE ref IS NOT NULL;

CREATE TABLE order_line (          -- what was bought
  id        INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL REFERENCES source,
  key       TEXT NOT NULL,         -- order number and the line's number within it
  batch_id  INTEGER NOT NULL REFERENCES batch,
  line      INTEGER NOT NULL,
  scope     TEXT NOT NULL,         -- of the order number: lines may come before orders
  ref       TEXT NOT NULL,         -- the order's number: event.ref
  sku       TEXT,
  name      TEXT,
  quantity  REAL NOT NULL,
  price     INTEGER,               -- of one piece
  extra     INTEGER,               -- freight and the like, for the whole line
  currency  TEXT,
  raw       TEXT NOT NULL,
  UNIQUE (source_id, key)
) STRICT;
CREATE INDEX order_line_ref ON order_line (ref);

CREATE TABLE model (               -- linkage models, the newest in force
  id      INTEGER PRIMARY KEY,
  made_at INTEGER NOT NULL,
  json    TEXT NOT NULL            -- see crm-records(5), model
) STRICT;

-- Words of profiles and events, without a copy of the text; rowid is the id.
CREATE VIRTUAL TABLE profile_words USING fts5 (words, content='', tokenize="unicode61 remove_diacritics 2");
CREATE VIRTUAL TABLE event_words USING fts5 (words, content='', tokenize="unicode61 remove_diacritics 2");

-- Who each profile belongs to now.
CREATE VIEW profile_canon AS
  SELECT profile.id AS profile_id, person.canon_id AS person_id
  FROM profile JOIN person ON person.id = profile.person_id;

-- Links that no undo has cancelled.
CREATE VIEW link_active AS
  SELECT * FROM link
  WHERE kind <> 'undo' AND id NOT IN (SELECT undoes FROM link WHERE kind = 'undo');

-- Orders with their value: the amount the source names, else the sum of the lines.
CREATE VIEW order_value AS
  SELECT event.id AS event_id, event.profile_id, event.source_id, event.at, event.status, event.ref,
         coalesce(event.amount,
                  (SELECT CAST(sum(round(quantity * price) + coalesce(extra, 0)) AS INTEGER) FROM order_line AS l
                   WHERE l.ref = event.ref AND l.scope = source.scope)) AS amount,
         coalesce(event.currency,
                  (SELECT max(currency) FROM order_line AS l
                   WHERE l.ref = event.ref AND l.scope = source.scope)) AS currency
  FROM event JOIN source ON source.id = event.source_id
  WHERE event.type = 'order';
