-- Surveys: who was asked, and what was answered. Times are business time.

-- Questionnaires by the SHA-256 of their text, as they were when somebody was asked; never changed.
CREATE TABLE questionnaires (
    hash BLOB PRIMARY KEY,
    text TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Rounds of campaigns. `period` is null for one that the desk began beside the plan.
CREATE TABLE waves (
    id       TEXT PRIMARY KEY,
    campaign TEXT NOT NULL,
    period   TEXT,
    survey   TEXT NOT NULL,
    doc      TEXT NOT NULL,
    UNIQUE (campaign, period)
) STRICT;

-- The ledger: who was to be asked what, and what became of it. `person` is the normal form of the address that is
-- written to. `due_at` is when somebody has to look at the clock for it; null: never. `draft` are answers that were
-- not sent.
CREATE TABLE invitations (
    id         TEXT PRIMARY KEY,
    person     TEXT NOT NULL,
    survey     TEXT NOT NULL,
    request_id TEXT REFERENCES requests (id) ON DELETE CASCADE,
    wave_id    TEXT REFERENCES waves (id),
    state      TEXT NOT NULL,
    due_at     INTEGER,
    sent_at    INTEGER,
    draft      TEXT,
    doc        TEXT NOT NULL
) STRICT;
CREATE INDEX invitations_by_due ON invitations (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX invitations_by_person ON invitations (person, sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX invitations_by_survey ON invitations (survey, sent_at);
-- A case is asked about once; a person once in a round.
CREATE UNIQUE INDEX invitations_by_request ON invitations (request_id) WHERE state <> 'skipped';
CREATE UNIQUE INDEX invitations_by_wave ON invitations (wave_id, person);

-- One response to an invitation, and no more.
CREATE TABLE responses (
    invitation_id TEXT PRIMARY KEY REFERENCES invitations (id) ON DELETE CASCADE,
    answered_at   INTEGER NOT NULL,
    data          TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Tokens are nowhere but in the letters.
CREATE TABLE survey_links (
    token_hash    BLOB PRIMARY KEY,
    invitation_id TEXT NOT NULL REFERENCES invitations (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX survey_links_by_invitation ON survey_links (invitation_id);

-- What anonymous surveys are answered on: as many as letters of a round, made in the one transaction that queues them,
-- and lying in the order of their hashes. Nothing leads from here to an invitation: no id, no time, no place in an
-- order.
CREATE TABLE ballots (
    token_hash BLOB PRIMARY KEY,
    wave_id    TEXT NOT NULL REFERENCES waves (id),
    draft      TEXT,
    data       TEXT
) STRICT, WITHOUT ROWID;

-- Ways out of all surveys, and who has taken one.
CREATE TABLE unsubscribe_links (
    token_hash    BLOB PRIMARY KEY,
    invitation_id TEXT NOT NULL REFERENCES invitations (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX unsubscribe_links_by_invitation ON unsubscribe_links (invitation_id);
CREATE TABLE unsubscribed (
    person TEXT PRIMARY KEY,
    at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What was done about what customers said.
CREATE TABLE measures (
    id           TEXT PRIMARY KEY,
    published_at INTEGER NOT NULL,
    doc          TEXT NOT NULL
) STRICT;

-- Since when a request is over that nobody was asked about yet.
ALTER TABLE requests ADD COLUMN survey_from INTEGER;
CREATE INDEX requests_by_survey ON requests (survey_from) WHERE survey_from IS NOT NULL;
