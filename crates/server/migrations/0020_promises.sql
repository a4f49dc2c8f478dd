-- When somebody has to look at the clock for a request; null: never.
ALTER TABLE requests ADD COLUMN next_due INTEGER;
CREATE INDEX requests_by_due ON requests (next_due) WHERE next_due IS NOT NULL;

-- The standard by which a customer is served.
ALTER TABLE customers ADD COLUMN tier TEXT;

-- The desk's words about incidents, planned work and news. `doc` has the texts by language.
CREATE TABLE announcements (
    id         TEXT PRIMARY KEY,
    from_at    INTEGER NOT NULL,
    until_at   INTEGER,
    doc        TEXT NOT NULL
) STRICT;

-- Whom to ring, and when.
CREATE TABLE callbacks (
    id         TEXT PRIMARY KEY,
    request_id TEXT REFERENCES requests (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    doc        TEXT NOT NULL
) STRICT;
