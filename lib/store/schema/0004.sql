-- Version 4: requests are routed. conversation.status: new (nobody of ours has dealt with it),
-- open (we owe an answer), pending (they do), snoozed, resolved; see store/request.h. All of
-- these columns are derived from events.

ALTER TABLE conversation ADD COLUMN follows INTEGER REFERENCES conversation; -- the first request
                                             -- of a thread that went on long after it was resolved
ALTER TABLE conversation ADD COLUMN assignee TEXT;         -- agent; NULL: nobody
ALTER TABLE conversation ADD COLUMN assigned_at INTEGER;
ALTER TABLE conversation ADD COLUMN queue TEXT;            -- the team it waits for
ALTER TABLE conversation ADD COLUMN priority INTEGER NOT NULL DEFAULT 1; -- 0 low … 3 urgent
ALTER TABLE conversation ADD COLUMN motive TEXT;           -- why they make contact
ALTER TABLE conversation ADD COLUMN waiting_since INTEGER; -- their oldest message without an answer
ALTER TABLE conversation ADD COLUMN snoozed_until INTEGER;
CREATE INDEX conversation_follows ON conversation (follows) WHERE follows IS NOT NULL;
CREATE INDEX conversation_waiting ON conversation (waiting_since) WHERE status IN ('new', 'open', 'snoozed');
CREATE INDEX conversation_snoozed ON conversation (snoozed_until) -- that come back to their agents
  WHERE status = 'snoozed' AND assignee IS NOT NULL;
CREATE INDEX event_assigned ON event (agent) WHERE type = 'assignment';
CREATE INDEX event_responsible ON event (profile_id) WHERE type = 'responsible';

CREATE TABLE request_fold (        -- derived: a long thread of one request as it was after its
  conversation_id INTEGER PRIMARY KEY, -- first events, so that one more need not be told by all
  at         INTEGER NOT NULL,     -- up to which they count
  events     INTEGER NOT NULL,     -- how many there were: one that came late makes it void
  reopen     INTEGER NOT NULL,     -- ms, as of setting reopen_days
  talked     INTEGER NOT NULL,     -- what store/request.c knows of it then
  dealt_with INTEGER NOT NULL,
  resolved   INTEGER NOT NULL,
  asker_rank INTEGER NOT NULL,
  opened     INTEGER NOT NULL,     -- and these as of conversation
  updated    INTEGER NOT NULL,
  status     TEXT NOT NULL,
  profile INTEGER, endpoint INTEGER, account TEXT, subject TEXT, assignee TEXT, assigned INTEGER,
  queue TEXT, priority INTEGER NOT NULL, motive TEXT, waiting INTEGER, until INTEGER
) STRICT;

CREATE TABLE in_hand (             -- derived: how many requests, new or open, agents have by
  assignee  TEXT NOT NULL,         -- each channel, so that crm-route need not count them
  source_id INTEGER NOT NULL,
  n         INTEGER NOT NULL,
  PRIMARY KEY (assignee, source_id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER in_hand_changes AFTER UPDATE OF assignee, status ON conversation
WHEN (old.assignee, old.status IN ('new', 'open')) IS NOT (new.assignee, new.status IN ('new', 'open')) BEGIN
  UPDATE in_hand SET n = n - 1 WHERE assignee = old.assignee AND source_id = old.source_id
    AND old.status IN ('new', 'open');
  INSERT INTO in_hand SELECT new.assignee, new.source_id, 1
    WHERE new.assignee IS NOT NULL AND new.status IN ('new', 'open')
    ON CONFLICT (assignee, source_id) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER in_hand_comes AFTER INSERT ON conversation
WHEN new.assignee IS NOT NULL AND new.status IN ('new', 'open') BEGIN
  INSERT INTO in_hand VALUES (new.assignee, new.source_id, 1)
    ON CONFLICT (assignee, source_id) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER in_hand_goes AFTER DELETE ON conversation
WHEN old.assignee IS NOT NULL AND old.status IN ('new', 'open') BEGIN
  UPDATE in_hand SET n = n - 1 WHERE assignee = old.assignee AND source_id = old.source_id;
END;

CREATE TABLE presence (            -- what agents said of themselves; the latest that holds counts
  id    INTEGER PRIMARY KEY,
  agent TEXT NOT NULL,             -- the name in the file agents
  at    INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('online', 'away', 'offline')),
  until INTEGER,                   -- it holds up to then; NULL: until a later one holds
  actor TEXT NOT NULL,
  reason TEXT
) STRICT;
CREATE INDEX presence_holds ON presence (agent, until);

-- A request that went on longer than this after it was resolved is another one.
INSERT INTO setting (name, value) VALUES ('reopen_days', CAST('14' AS BLOB));

-- Requests of stores from before: as near as SQL comes to store/request.c, which derives them
-- anew with their next event.
UPDATE conversation SET
  waiting_since = (SELECT min(at) FROM event AS e WHERE e.conversation_id = conversation.id
                     AND e.type IN ('message', 'call') AND e.direction IS NOT 'out' AND e.automatic IS NULL
                     AND e.at > coalesce((SELECT max(at) FROM event AS a WHERE a.conversation_id = e.conversation_id
                                            AND a.direction = 'out' AND a.automatic IS NULL), -1)),
  status = iif(EXISTS (SELECT 1 FROM event AS a WHERE a.conversation_id = conversation.id
                         AND a.direction = 'out' AND a.automatic IS NULL), 'open', 'new')
WHERE status = 'open';
