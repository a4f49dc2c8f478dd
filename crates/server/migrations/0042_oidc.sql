-- Customers as others name them: the company's own site (whose issuer has no name) and providers of OpenID Connect.
CREATE TABLE named_subjects (
    issuer      TEXT NOT NULL,
    subject     TEXT NOT NULL,
    customer_id TEXT NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
INSERT INTO named_subjects (issuer, subject, customer_id) SELECT '', subject, customer_id FROM subjects;
DROP TABLE subjects;
ALTER TABLE named_subjects RENAME TO subjects;

-- The provider that said whose session it is, by its name in the configuration.
ALTER TABLE sessions ADD COLUMN provider TEXT;
