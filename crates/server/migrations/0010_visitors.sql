-- Who comes in, and what they bring. All times are real time, in milliseconds since 1970 in UTC.

-- Sign-in codes, as password hashes; short-lived.
CREATE TABLE sign_in_codes (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    address    TEXT NOT NULL,
    code_hash  TEXT NOT NULL,
    tries      INTEGER NOT NULL DEFAULT 0,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_in_codes_by_address ON sign_in_codes (address, expires_at);

-- Links in e-mails that open one request. The token itself is nowhere.
CREATE TABLE track_links (
    token_hash BLOB PRIMARY KEY,
    request_id TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX track_links_by_request ON track_links (request_id);

-- What counts against a limit, until its window is over. `subject` is a hash.
CREATE TABLE hits (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    rule    TEXT NOT NULL,
    subject BLOB NOT NULL,
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX hits_by_subject ON hits (rule, subject, at);
CREATE INDEX hits_by_time ON hits (at);

-- Files on their way in. `sha256` and `media_type` are set when all is there and was accepted, `attachment_id` when
-- a message took it. The id that the client holds is a credential and is nowhere.
CREATE TABLE uploads (
    token_hash    BLOB PRIMARY KEY,
    client        BLOB NOT NULL,
    name          TEXT,
    length        INTEGER NOT NULL,
    received      INTEGER NOT NULL DEFAULT 0,
    media_type    TEXT,
    sha256        TEXT,
    attachment_id TEXT,
    expires_at    INTEGER NOT NULL,
    CHECK ((media_type IS NULL) = (sha256 IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX uploads_by_end ON uploads (expires_at);
CREATE INDEX uploads_by_client ON uploads (client) WHERE attachment_id IS NULL;
CREATE INDEX uploads_by_content ON uploads (sha256) WHERE sha256 IS NOT NULL;

CREATE INDEX attachments_by_content ON attachments (sha256);
CREATE INDEX events_by_request ON events (request_id, id);
CREATE INDEX events_by_time ON events (at);
