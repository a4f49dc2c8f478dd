-- What lies at another desk. `ticket` is NULL until it was handed over, `next_try_at` (real time) until when that waits;
-- NULL too where only a person can go on.
CREATE TABLE links (
    request_id  TEXT PRIMARY KEY REFERENCES requests (id) ON DELETE CASCADE,
    backend     TEXT NOT NULL,
    ticket      TEXT,
    next_try_at INTEGER,
    UNIQUE (backend, ticket)
) STRICT, WITHOUT ROWID;
CREATE INDEX links_by_try ON links (next_try_at) WHERE next_try_at IS NOT NULL;

-- Which message at the desk is which entry.
CREATE TABLE desk_messages (
    request_id TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
    message    TEXT NOT NULL,
    entry_id   TEXT NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    PRIMARY KEY (request_id, message)
) STRICT, WITHOUT ROWID;

-- Attachments whose content lies at the desk; their hash is empty, and their size -1 where the desk does not say it.
CREATE TABLE desk_files (
    attachment_id TEXT PRIMARY KEY REFERENCES attachments (id) ON DELETE CASCADE,
    file          TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What was written to the desk under an Idempotency-Key and has no answer yet. Real time.
CREATE TABLE attempts (
    key_hash   BLOB PRIMARY KEY,
    request_id TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
    at         INTEGER NOT NULL,
    doc        TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX attempts_by_time ON attempts (at);
