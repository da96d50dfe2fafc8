-- Version 2: every channel. Receipts, edits and bounces; files that came with messages;
-- conversations told by the ids of messages; where an answer goes.

ALTER TABLE event ADD COLUMN about TEXT;     -- key, in the same source, of the event that this
                                             -- one answers or tells of (type status)
ALTER TABLE event ADD COLUMN account TEXT;   -- which of our addresses, pages, numbers
ALTER TABLE event ADD COLUMN automatic TEXT; -- auto-reply, list, bot …: nobody wrote it to us
ALTER TABLE event ADD COLUMN reply_to TEXT;  -- where an answer goes, if not to endpoint_id
ALTER TABLE event ADD COLUMN campaign TEXT;
CREATE INDEX event_about ON event (about, source_id) WHERE about IS NOT NULL;

-- endpoint.flags, besides 1 shared: 2 one person may have several, 4 does not work (a hard
-- bounce), 8 complained.

ALTER TABLE conversation ADD COLUMN endpoint_id INTEGER REFERENCES endpoint; -- who asked: where
ALTER TABLE conversation ADD COLUMN account TEXT; -- ours, as of the last event that names one

CREATE TABLE conversation_alias (  -- two that turned out to be one: what the other id means
  id              INTEGER PRIMARY KEY,
  conversation_id INTEGER NOT NULL REFERENCES conversation
) STRICT;

CREATE TABLE message_ref (         -- which conversation a message's id belongs to, whether we
  source_id       INTEGER NOT NULL REFERENCES source, -- have the message or only its answer
  ref             TEXT NOT NULL,
  conversation_id INTEGER NOT NULL REFERENCES conversation,
  PRIMARY KEY (source_id, ref)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_ref_conversation ON message_ref (conversation_id);

CREATE TABLE attachment (          -- files that came with an event
  event_id INTEGER NOT NULL REFERENCES event,
  n        INTEGER NOT NULL,       -- from 1
  name     TEXT,
  type     TEXT,                   -- MIME, or what the source calls it: photo, voice
  size     INTEGER,                -- bytes
  digest   TEXT,                   -- of the bytes, where they were given: see blob
  url      TEXT,                   -- where the source keeps it, or its id there
  PRIMARY KEY (event_id, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachment_digest ON attachment (digest) WHERE digest IS NOT NULL;

CREATE TABLE blob (                -- bytes of files, once each
  digest TEXT PRIMARY KEY,         -- BLAKE2b-128, hexadecimal
  bytes  BLOB NOT NULL
) STRICT;

ALTER TABLE rejected ADD COLUMN part TEXT; -- of several files of a batch the one it was in

CREATE TABLE setting (             -- what the store decided for itself once
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT;
INSERT INTO setting (name, value) VALUES ('token_key', randomblob(32)); -- see store/token.h

CREATE TABLE mailbox (             -- folders on mail servers: how far they have been read
  url         TEXT PRIMARY KEY,    -- imaps://user@host/folder, without a password
  uidvalidity INTEGER NOT NULL,    -- of the folder's numbering: another one is another count
  last_uid    INTEGER NOT NULL,    -- every message up to it is stored, or set aside
  fetched_at  INTEGER NOT NULL     -- when that was found out last
) STRICT;

-- Orders as they are known by now: when one came again with another status or amount, what
-- came last counts, and what was paid back (statuses "refunded" with an amount) does not.
DROP VIEW order_value;
CREATE VIEW order_value AS
  SELECT event.id AS event_id, event.profile_id,
         event.source_id, event.at, coalesce(last.status, event.status) AS status, event.ref,
         coalesce(last.amount, event.amount,
                  (SELECT CAST(sum(round(quantity * price) + coalesce(extra, 0)) AS INTEGER) FROM order_line AS l
                   WHERE l.ref = event.ref AND l.scope = source.scope))
         - coalesce((SELECT sum(abs(back.amount)) FROM event AS back
                     WHERE back.about = event.key AND back.source_id = event.source_id
                       AND back.type = 'status' AND back.status = 'refunded'), 0) AS amount,
         coalesce(last.currency, event.currency,
                  (SELECT max(currency) FROM order_line AS l
                   WHERE l.ref = event.ref AND l.scope = source.scope)) AS currency
  FROM event JOIN source ON source.id = event.source_id
  LEFT JOIN event AS last ON last.id =
    (SELECT id FROM event AS c
     WHERE c.about = event.key AND c.source_id = event.source_id AND c.type = 'change'
     ORDER BY c.at DESC, c.id DESC LIMIT 1)
  WHERE event.type = 'order';

-- What is known of an event by now: itself, then what was told of it, in order of time.
CREATE VIEW event_history AS
  SELECT e.id AS event_id, s.id AS status_id, s.type, s.at, s.status, s.text
  FROM event AS e JOIN event AS s ON s.about = e.key AND s.source_id = e.source_id
  WHERE s.type IN ('status', 'change');
