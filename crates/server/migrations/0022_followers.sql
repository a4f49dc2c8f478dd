-- Who follows a request and may read it, by their normal e-mail address.
CREATE TABLE followers (
    email      TEXT NOT NULL,
    request_id TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
    PRIMARY KEY (email, request_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX followers_by_request ON followers (request_id);
INSERT INTO followers (email, request_id)
    SELECT DISTINCT follower.value, requests.id FROM requests, json_each(requests.doc, '$.followers') AS follower;
