CREATE TABLE head (
    one             INTEGER PRIMARY KEY CHECK (one = 1),
    format          INTEGER NOT NULL,
    origin          TEXT NOT NULL,
    batches         INTEGER NOT NULL,
    entries         INTEGER NOT NULL,
    frontier        BLOB NOT NULL,
    root            BLOB NOT NULL CHECK (length(root) = 32),
    at_us           INTEGER NOT NULL
) STRICT;

CREATE TABLE account (
    number          INTEGER PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 128),
    owner           TEXT NOT NULL,
    purpose         TEXT NOT NULL,
    currency        TEXT NOT NULL,
    limit_minor     INTEGER CHECK (limit_minor >= 0),
    place           INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX account_of_place ON account (place);

CREATE TABLE account_change (
    place           INTEGER PRIMARY KEY,
    account         INTEGER NOT NULL REFERENCES account,
    event           INTEGER NOT NULL CHECK (event IN (1, 2, 3, 4)),
    limit_minor     INTEGER CHECK (limit_minor >= 0)
) STRICT;

CREATE TABLE balance (
    account         INTEGER PRIMARY KEY REFERENCES account,
    limit_minor     INTEGER CHECK (limit_minor >= 0),
    state           INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
    posted_debits   INTEGER NOT NULL CHECK (posted_debits >= 0),
    posted_credits  INTEGER NOT NULL CHECK (posted_credits >= 0),
    pending_debits  INTEGER NOT NULL CHECK (pending_debits BETWEEN 0 AND 9223372036854775807 - posted_debits),
    pending_credits INTEGER NOT NULL CHECK (pending_credits BETWEEN 0 AND 9223372036854775807 - posted_credits),
    CHECK (limit_minor IS NULL OR posted_debits + pending_debits - posted_credits <= limit_minor),
    CHECK (state <> 2 OR (posted_debits = posted_credits AND pending_debits = 0 AND pending_credits = 0))
) STRICT;

CREATE TABLE batch (
    number          INTEGER PRIMARY KEY CHECK (number BETWEEN 1 AND 2147483646),
    key             TEXT NOT NULL UNIQUE CHECK (length(key) BETWEEN 1 AND 128),
    kind            INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 7),
    policy          INTEGER NOT NULL CHECK (policy IN (0, 1, 2)),
    cycle           TEXT NOT NULL,
    rulebook        TEXT NOT NULL,
    rows            INTEGER NOT NULL CHECK (rows BETWEEN 0 AND 4294967295)
) STRICT;

CREATE TABLE transfer (
    place           INTEGER PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 128),
    debit           INTEGER NOT NULL REFERENCES account,
    credit          INTEGER NOT NULL REFERENCES account CHECK (credit <> debit),
    amount_minor    INTEGER NOT NULL CHECK (amount_minor > 0),
    kind            TEXT NOT NULL,
    cycle           TEXT,
    flag            INTEGER NOT NULL CHECK (flag BETWEEN 0 AND 4),
    pending_id      TEXT CHECK ((pending_id IS NULL) = (flag < 2)),
    expires_at_us   INTEGER CHECK (expires_at_us IS NULL OR flag = 1),
    reverses        TEXT CHECK (reverses IS NULL OR flag = 0),
    effective_at_us INTEGER,
    memo_digest     BLOB CHECK (length(memo_digest) = 32)
) STRICT;
CREATE UNIQUE INDEX transfer_resolves ON transfer (pending_id) WHERE pending_id IS NOT NULL;
CREATE UNIQUE INDEX transfer_reverses ON transfer (reverses) WHERE reverses IS NOT NULL;
CREATE INDEX transfer_waits ON transfer (expires_at_us) WHERE expires_at_us IS NOT NULL;

CREATE TABLE refusal (
    place           INTEGER PRIMARY KEY,
    id              TEXT NOT NULL,
    code            TEXT NOT NULL,
    found           TEXT NOT NULL,
    allowed         TEXT NOT NULL,
    content         BLOB CHECK (length(content) = 32),
    binds           INTEGER NOT NULL CHECK (binds IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX refusal_binds ON refusal (id) WHERE binds = 1;

CREATE TABLE repeat (
    place           INTEGER PRIMARY KEY,
    id              TEXT NOT NULL
) STRICT;

CREATE TABLE erasure (
    place           INTEGER PRIMARY KEY,
    id              TEXT NOT NULL
) STRICT;

CREATE TABLE rotation (
    place           INTEGER PRIMARY KEY,
    old             TEXT NOT NULL,
    new             TEXT NOT NULL,
    signature       TEXT NOT NULL
) STRICT;

CREATE TABLE record (
    place           INTEGER PRIMARY KEY,
    number          INTEGER NOT NULL UNIQUE CHECK (number >= 1),
    kind            TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
    by_whom         TEXT NOT NULL CHECK (length(by_whom) <= 128),
    body            BLOB NOT NULL CHECK (length(body) <= 1048576)
) STRICT;

CREATE TABLE document (
    digest          BLOB NOT NULL CHECK (length(digest) = 32),
    part            INTEGER NOT NULL CHECK (part >= 0),
    bytes           BLOB NOT NULL CHECK (length(bytes) BETWEEN 1 AND 4194304),
    PRIMARY KEY (digest, part)
) STRICT;

CREATE TABLE document_whole (
    digest          BLOB PRIMARY KEY NOT NULL CHECK (length(digest) = 32),
    size            INTEGER NOT NULL CHECK (size >= 0)
) STRICT;

CREATE TABLE net (
    batch           INTEGER NOT NULL REFERENCES batch,
    account         INTEGER NOT NULL REFERENCES account,
    posted_debits   INTEGER NOT NULL,
    posted_credits  INTEGER NOT NULL,
    pending_debits  INTEGER NOT NULL,
    pending_credits INTEGER NOT NULL,
    PRIMARY KEY (batch, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX net_of_account ON net (account, batch);

CREATE TABLE entry (
    sequence        INTEGER PRIMARY KEY,
    batch           INTEGER NOT NULL UNIQUE REFERENCES batch,
    outcome         INTEGER NOT NULL CHECK (outcome IN (0, 1)),
    accepted        INTEGER NOT NULL,
    tree_rows       INTEGER NOT NULL,
    tree_root       BLOB NOT NULL CHECK (length(tree_root) = 32),
    request_digest  BLOB NOT NULL CHECK (length(request_digest) = 32),
    request_seal    BLOB NOT NULL CHECK (length(request_seal) = 32),
    at_us           INTEGER NOT NULL,
    leaf            BLOB NOT NULL CHECK (length(leaf) = 32),
    log_root        BLOB NOT NULL CHECK (length(log_root) = 32)
) STRICT;

CREATE TABLE node (
    tree            INTEGER NOT NULL,
    place           INTEGER NOT NULL,
    hash            BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (tree, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE memo (
    place           INTEGER PRIMARY KEY,
    text            BLOB NOT NULL,
    salt            BLOB NOT NULL CHECK (length(salt) = 16)
) STRICT;

CREATE TABLE staging (
    batch           INTEGER NOT NULL REFERENCES batch,
    chunk           INTEGER NOT NULL,
    rows            INTEGER NOT NULL,
    refused         INTEGER NOT NULL,
    digest          BLOB NOT NULL CHECK (length(digest) = 32),
    frontier        BLOB NOT NULL,
    PRIMARY KEY (batch, chunk)
) STRICT, WITHOUT ROWID;

CREATE TABLE staged_effect (
    batch           INTEGER NOT NULL REFERENCES batch,
    account         INTEGER NOT NULL REFERENCES account,
    debits          INTEGER NOT NULL,
    credits         INTEGER NOT NULL,
    peak            INTEGER NOT NULL,
    PRIMARY KEY (batch, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoint (
    size            INTEGER PRIMARY KEY,
    note            TEXT NOT NULL
) STRICT;

CREATE VIEW posting AS
    SELECT t.place AS place, t.debit AS account, -t.amount_minor AS amount_minor
    FROM transfer t JOIN entry e ON e.batch = t.place >> 32 WHERE e.outcome = 1 AND t.flag IN (0, 2)
    UNION ALL
    SELECT t.place, t.credit, t.amount_minor
    FROM transfer t JOIN entry e ON e.batch = t.place >> 32 WHERE e.outcome = 1 AND t.flag IN (0, 2);

CREATE TRIGGER head_keeps_update BEFORE UPDATE ON head WHEN NEW.format < OLD.format OR NEW.entries < OLD.entries OR NEW.batches < OLD.batches OR NEW.at_us < OLD.at_us BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER head_keeps_delete BEFORE DELETE ON head WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER account_keeps_update BEFORE UPDATE ON account WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER account_keeps_delete BEFORE DELETE ON account WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER account_change_keeps_update BEFORE UPDATE ON account_change WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER account_change_keeps_delete BEFORE DELETE ON account_change WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER balance_keeps_update BEFORE UPDATE ON balance WHEN NEW.account <> OLD.account BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER balance_keeps_delete BEFORE DELETE ON balance WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER batch_keeps_update BEFORE UPDATE ON batch WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER batch_keeps_delete BEFORE DELETE ON batch WHEN EXISTS (SELECT 1 FROM entry WHERE batch = OLD.number) BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER transfer_keeps_update BEFORE UPDATE ON transfer WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER transfer_keeps_delete BEFORE DELETE ON transfer WHEN EXISTS (SELECT 1 FROM entry WHERE batch = OLD.place >> 32 AND outcome = 1) BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER refusal_keeps_update BEFORE UPDATE ON refusal WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER refusal_keeps_delete BEFORE DELETE ON refusal WHEN EXISTS (SELECT 1 FROM entry WHERE batch = OLD.place >> 32) BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER repeat_keeps_update BEFORE UPDATE ON repeat WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER repeat_keeps_delete BEFORE DELETE ON repeat WHEN EXISTS (SELECT 1 FROM entry WHERE batch = OLD.place >> 32) BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER erasure_keeps_update BEFORE UPDATE ON erasure WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER erasure_keeps_delete BEFORE DELETE ON erasure WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER rotation_keeps_update BEFORE UPDATE ON rotation WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER rotation_keeps_delete BEFORE DELETE ON rotation WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER record_keeps_update BEFORE UPDATE ON record WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER record_keeps_delete BEFORE DELETE ON record WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER document_keeps_update BEFORE UPDATE ON document WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER document_keeps_delete BEFORE DELETE ON document WHEN EXISTS (SELECT 1 FROM document_whole WHERE digest = OLD.digest) BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER document_whole_keeps_update BEFORE UPDATE ON document_whole WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER document_whole_keeps_delete BEFORE DELETE ON document_whole WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER net_keeps_update BEFORE UPDATE ON net WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER net_keeps_delete BEFORE DELETE ON net WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER entry_keeps_update BEFORE UPDATE ON entry WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER entry_keeps_delete BEFORE DELETE ON entry WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER node_keeps_update BEFORE UPDATE ON node WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER node_keeps_delete BEFORE DELETE ON node WHEN OLD.tree = 0 OR EXISTS (SELECT 1 FROM entry WHERE batch = OLD.tree) BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER memo_keeps_update BEFORE UPDATE ON memo WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER checkpoint_keeps_update BEFORE UPDATE ON checkpoint WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER checkpoint_keeps_delete BEFORE DELETE ON checkpoint WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'append_only'); END;
CREATE TRIGGER document_keeps_insert BEFORE INSERT ON document WHEN EXISTS (SELECT 1 FROM document_whole WHERE digest = NEW.digest) BEGIN SELECT RAISE(ABORT, 'append_only'); END;
