-- An event may be about no request: an announcement.
CREATE TABLE events_of_all (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id TEXT REFERENCES requests (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL,
    at         INTEGER NOT NULL
) STRICT;
INSERT INTO events_of_all SELECT id, request_id, kind, at FROM events;
DROP TABLE events;
ALTER TABLE events_of_all RENAME TO events;

-- When somebody wants to be rung.
ALTER TABLE callbacks ADD COLUMN preferred_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX callbacks_by_time ON callbacks (preferred_at);
