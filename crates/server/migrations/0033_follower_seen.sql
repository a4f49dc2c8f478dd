-- Up to where who follows has read; what was there before this was kept is no news.
ALTER TABLE followers ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
UPDATE followers SET seen_at = (SELECT updated_at FROM requests WHERE id = request_id);
