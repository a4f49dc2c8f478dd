-- Where who gets a letter can leave what it belongs to, for their mail program.
ALTER TABLE outbox ADD COLUMN unsubscribe TEXT;

-- The weights by which answers count: those of the programme when the first letter of a survey's period went out.
CREATE TABLE survey_weights (
    survey     TEXT NOT NULL,
    period     TEXT NOT NULL,
    dimensions TEXT NOT NULL,
    PRIMARY KEY (survey, period)
) STRICT, WITHOUT ROWID;
