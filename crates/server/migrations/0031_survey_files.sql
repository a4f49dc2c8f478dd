-- Files in answers. `id` is the hash of the upload's id, in hexadecimal: what answers name it by. Of an anonymous survey
-- nothing leads from here to an invitation, a person, a time or a place in an order.
CREATE TABLE survey_files (
    id            TEXT PRIMARY KEY,
    survey        TEXT NOT NULL,
    invitation_id TEXT REFERENCES invitations (id) ON DELETE CASCADE,
    name          TEXT NOT NULL,
    size          INTEGER NOT NULL,
    media_type    TEXT NOT NULL,
    sha256        TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX survey_files_by_content ON survey_files (sha256);
CREATE INDEX survey_files_by_invitation ON survey_files (invitation_id) WHERE invitation_id IS NOT NULL;
