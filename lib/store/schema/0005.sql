-- Version 5: what is sent. A message is queued once (key), tried until it is through, refused
-- or given up, and becomes an event (message, out) in the same transaction as its state says
-- sent. What the other side tells of it later are events about that one: see outbox_now.

CREATE TABLE outbox (
  id              INTEGER PRIMARY KEY,
  key             TEXT NOT NULL UNIQUE, -- the same again is not queued again
  kind            TEXT NOT NULL,   -- reply, notice (to one of ours), campaign
  purpose         TEXT NOT NULL,   -- service, marketing …: what consent is asked about
  conversation_id INTEGER,         -- may be an alias by now, so no reference
  profile_id      INTEGER REFERENCES profile,  -- to whom
  endpoint_id     INTEGER REFERENCES endpoint, -- and at which address, where it is a customer's
  source_id       INTEGER NOT NULL REFERENCES source, -- the channel it goes out by
  account         TEXT NOT NULL,   -- from which of our addresses, pages, numbers
  address         TEXT NOT NULL,   -- fixed when queued: what happens to the customer since
                                   -- then does not send it elsewhere
  agent           TEXT,            -- who wrote it; NULL: nobody
  automatic       TEXT,            -- auto-reply, bot, campaign …; NULL: a person wrote it
  template        TEXT,
  message         TEXT NOT NULL,   -- JSON: to_name, subject, text, html, in_reply_to,
                                   -- references, about, thread, campaign, unsubscribe, variables
  message_id      TEXT,            -- of mail, made from key: the same at each try
  queued_at       INTEGER NOT NULL,
  due_at          INTEGER NOT NULL, -- not to be sent before
  expires_at      INTEGER,         -- of no use after; NULL: never
  later           INTEGER NOT NULL, -- 1: goes when nothing else is due (campaigns)
  state           TEXT NOT NULL CHECK (state IN
                  ('queued', 'claimed', 'unknown', 'sent', 'failed', 'skipped', 'cancelled')),
  reason          TEXT,            -- of the state, one word: refused, suppressed, quiet_hours …
  detail          TEXT,            -- in words
  state_at        INTEGER NOT NULL,
  attempts        INTEGER NOT NULL DEFAULT 0, -- begun, since it was queued or asked for again
  lease_until     INTEGER,         -- claimed: by then its sender has said what became of it
  claim           TEXT,            -- which sender
  sent_key        TEXT             -- event.key of what was sent, in the same source
) STRICT;
CREATE INDEX outbox_due ON outbox (later, due_at, id) WHERE state = 'queued';
CREATE INDEX outbox_claimed ON outbox (claim) WHERE state = 'claimed';
CREATE INDEX outbox_unknown ON outbox (id) WHERE state = 'unknown';
CREATE INDEX outbox_waiting ON outbox (conversation_id, id) WHERE state IN ('queued', 'claimed');
CREATE INDEX outbox_profile ON outbox (profile_id, state_at) WHERE profile_id IS NOT NULL;
CREATE INDEX outbox_endpoint ON outbox (endpoint_id, state_at) WHERE endpoint_id IS NOT NULL;

CREATE TABLE attempt (             -- each try; a row is there before the first byte goes out
  outbox_id   INTEGER NOT NULL REFERENCES outbox,
  n           INTEGER NOT NULL,    -- from 1, never counted anew
  started_at  INTEGER NOT NULL,
  ended_at    INTEGER,             -- NULL: running, or killed
  outcome     TEXT,                -- sent, deferred, refused, unknown
  code        INTEGER,             -- of SMTP or HTTP
  detail      TEXT,                -- what the other side said
  retry_after INTEGER,             -- ms, as it asked
  PRIMARY KEY (outbox_id, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempt_started ON attempt (started_at); -- for limits of rate

CREATE TABLE suppression (         -- addresses that get nothing, whoever they belong to by now
  endpoint_id INTEGER NOT NULL REFERENCES endpoint,
  purpose     TEXT NOT NULL,       -- '': all
  reason      TEXT NOT NULL,       -- asked, erased …
  at          INTEGER NOT NULL,
  actor       TEXT NOT NULL,
  PRIMARY KEY (endpoint_id, purpose)
) STRICT, WITHOUT ROWID;

-- What became of each by now: the state, or the most that was told of it since it was sent:
-- that it failed after all, was delivered, read, complained about.
CREATE VIEW outbox_now AS
  SELECT outbox.id AS outbox_id,
         CASE lower(told.status) WHEN 'undelivered' THEN 'failed' WHEN 'seen' THEN 'read'
              ELSE coalesce(lower(told.status), outbox.state) END AS state,
         coalesce(told.at, outbox.state_at) AS state_at, told.text AS told
  FROM outbox LEFT JOIN event AS told ON told.id =
    (SELECT e.id FROM event AS e
     WHERE e.about = outbox.sent_key AND e.source_id = outbox.source_id AND e.type = 'status'
       AND lower(e.status) IN ('delivered', 'read', 'seen', 'failed', 'undelivered', 'bounced', 'complained')
     ORDER BY CASE lower(e.status) WHEN 'complained' THEN 4 WHEN 'read' THEN 3 WHEN 'seen' THEN 3
              WHEN 'delivered' THEN 2 ELSE 1 END DESC, e.at, e.id LIMIT 1);
