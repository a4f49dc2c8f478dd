-- Customers as the company's own site names them, in its tokens.
CREATE TABLE subjects (
    subject     TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Its tokens that were used, by a hash, until they would have ended by themselves (real time, in milliseconds).
CREATE TABLE used_tokens (
    hash       BLOB PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What customers are writing where their browser keeps nothing; goes when it was sent, on signing out, and in time.
CREATE TABLE drafts (
    customer_id TEXT NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    key         TEXT NOT NULL,
    body        TEXT NOT NULL,
    expires_at  INTEGER NOT NULL,
    PRIMARY KEY (customer_id, key)
) STRICT, WITHOUT ROWID;
