-- The store, version 3: who is who does not depend on the order of arrival.

CREATE TABLE unsettled (           -- records that may change who is who beside their own:
  profile_id INTEGER PRIMARY KEY REFERENCES profile -- identified anew at the end of a file
) STRICT;
