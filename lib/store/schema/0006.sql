-- Version 6: articles that answer questions, and what the bot said. The articles themselves
-- are files (shop.d/articles); all tables but the last are copies of them for searching.

CREATE TABLE article (
  id        INTEGER PRIMARY KEY,
  name      TEXT NOT NULL UNIQUE,  -- path in the folder without .md: de/returns
  language  TEXT NOT NULL,         -- BCP 47; '': not known
  title     TEXT NOT NULL,
  link      TEXT,                  -- where the customer can read it
  answer    TEXT NOT NULL,         -- the short one
  questions INTEGER NOT NULL,      -- how many examples it gives
  size      INTEGER NOT NULL,      -- of the file: bytes
  mtime     INTEGER NOT NULL,      -- nanoseconds; another one: it is read again
  digest    TEXT NOT NULL,         -- of its bytes
  read_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE article_section (
  id         INTEGER PRIMARY KEY,
  article_id INTEGER NOT NULL REFERENCES article ON DELETE CASCADE,
  n          INTEGER NOT NULL,     -- from 0: what stands before the first heading
  heading    TEXT NOT NULL,
  text       TEXT NOT NULL,        -- plain
  UNIQUE (article_id, n)
) STRICT;

-- Terms of a section (answer/terms.h), rowid is its id. Title and questions are the article's;
-- a line for each question.
CREATE VIRTUAL TABLE article_words USING fts5 (title, questions, heading, body, tokenize='ascii');
CREATE VIRTUAL TABLE article_vocab USING fts5vocab (article_words, 'row');

CREATE TABLE article_term (        -- derived from article_vocab, which counts at each look
  term     TEXT PRIMARY KEY,
  sections INTEGER NOT NULL        -- that have it
) STRICT, WITHOUT ROWID;

CREATE TABLE answer (              -- what the bot made of a message: once, for ever
  event_id        INTEGER PRIMARY KEY REFERENCES event, -- the message
  conversation_id INTEGER NOT NULL, -- at that time
  at              INTEGER NOT NULL,
  verdict         TEXT NOT NULL CHECK (verdict IN ('answered', 'handed over', 'thanked')),
  reason          TEXT,            -- of a handover: asked, complaint, unsure, no article …
  article         TEXT,            -- name of the best article, also where it was not sent
  score           REAL,            -- of the search, before calibration; NULL: nothing found
  confidence      REAL,            -- calibrated: as it was told
  terms           TEXT NOT NULL,   -- of the question
  question        TEXT NOT NULL,   -- what the customer newly wrote
  line            TEXT NOT NULL    -- what was printed
) STRICT;
CREATE INDEX answer_conversation ON answer (conversation_id, at);
CREATE INDEX answer_verdict ON answer (verdict, at);
