-- Times are milliseconds since 1970 in UTC. `doc` holds a record as JSON; the columns beside it are what is
-- searched, joined or counted, always written from the same record.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- `email` and `phone` are addresses proven by a code, in their normal form.
CREATE TABLE customers (
    id         TEXT PRIMARY KEY,
    name       TEXT,
    email      TEXT UNIQUE,
    phone      TEXT UNIQUE,
    locale     TEXT,
    created_at INTEGER NOT NULL,
    CHECK (email IS NOT NULL OR phone IS NOT NULL)
) STRICT;

-- Exactly one of `customer_id` and `request_id`. The token itself is nowhere.
CREATE TABLE sessions (
    token_hash  BLOB PRIMARY KEY,
    customer_id TEXT REFERENCES customers (id) ON DELETE CASCADE,
    request_id  TEXT REFERENCES requests (id) ON DELETE CASCADE,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    CHECK ((customer_id IS NULL) <> (request_id IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- `contact_email` and `contact_phone` are set for a guest's request alone: who proves one of them may read it.
CREATE TABLE requests (
    id            TEXT PRIMARY KEY,
    reference     TEXT NOT NULL UNIQUE,
    customer_id   TEXT REFERENCES customers (id),
    contact_email TEXT,
    contact_phone TEXT,
    kind          TEXT NOT NULL,
    status        TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    seen_at       INTEGER NOT NULL,
    search        TEXT NOT NULL,
    doc           TEXT NOT NULL
) STRICT;
CREATE INDEX requests_by_customer ON requests (customer_id, updated_at, id);
CREATE INDEX requests_by_email ON requests (contact_email) WHERE contact_email IS NOT NULL;
CREATE INDEX requests_by_phone ON requests (contact_phone) WHERE contact_phone IS NOT NULL;
CREATE INDEX requests_by_change ON requests (updated_at, id);

-- `public` is 0 for a note of the desk, which never leaves it.
CREATE TABLE entries (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL UNIQUE,
    request_id TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
    at         INTEGER NOT NULL,
    public     INTEGER NOT NULL,
    role       TEXT NOT NULL,
    doc        TEXT NOT NULL
) STRICT;
CREATE INDEX entries_by_request ON entries (request_id, seq);

-- Content lies on disk under its hash.
CREATE TABLE attachments (
    id         TEXT PRIMARY KEY,
    entry_id   TEXT NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    name       TEXT NOT NULL,
    size       INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    sha256     TEXT NOT NULL
) STRICT;
CREATE INDEX attachments_by_entry ON attachments (entry_id, position);

CREATE TABLE events (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL,
    at         INTEGER NOT NULL
) STRICT;

-- Messages to be delivered; a row goes when its message has left.
CREATE TABLE outbox (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    channel     TEXT NOT NULL,
    recipient   TEXT NOT NULL,
    subject     TEXT NOT NULL,
    body        TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    next_try_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_by_time ON outbox (next_try_at);

-- Real time. `answer` is sealed under the Idempotency-Key, of which only the hash is here.
CREATE TABLE submissions (
    key_hash    BLOB PRIMARY KEY,
    actor       TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    status      INTEGER NOT NULL,
    request_id  TEXT REFERENCES requests (id) ON DELETE CASCADE,
    accepted_at INTEGER NOT NULL,
    answer      BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX submissions_by_time ON submissions (accepted_at);
