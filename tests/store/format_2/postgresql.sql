CREATE TABLE head (
    one             BIGINT PRIMARY KEY CHECK (one = 1),
    format          BIGINT NOT NULL,
    origin          TEXT COLLATE "C" NOT NULL,
    batches         BIGINT NOT NULL,
    entries         BIGINT NOT NULL,
    frontier        BYTEA NOT NULL,
    root            BYTEA NOT NULL CHECK (length(root) = 32),
    at_us           BIGINT NOT NULL
);

CREATE TABLE account (
    number          BIGINT PRIMARY KEY,
    id              TEXT COLLATE "C" NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 128),
    owner           TEXT COLLATE "C" NOT NULL,
    purpose         TEXT COLLATE "C" NOT NULL,
    currency        TEXT COLLATE "C" NOT NULL,
    limit_minor     BIGINT CHECK (limit_minor >= 0),
    place           BIGINT NOT NULL
);
CREATE UNIQUE INDEX account_of_place ON account (place);

CREATE TABLE account_change (
    place           BIGINT PRIMARY KEY,
    account         BIGINT NOT NULL REFERENCES account,
    event           BIGINT NOT NULL CHECK (event IN (1, 2, 3, 4)),
    limit_minor     BIGINT CHECK (limit_minor >= 0)
);

CREATE TABLE balance (
    account         BIGINT PRIMARY KEY REFERENCES account,
    limit_minor     BIGINT CHECK (limit_minor >= 0),
    state           BIGINT NOT NULL CHECK (state IN (0, 1, 2)),
    posted_debits   BIGINT NOT NULL CHECK (posted_debits >= 0),
    posted_credits  BIGINT NOT NULL CHECK (posted_credits >= 0),
    pending_debits  BIGINT NOT NULL CHECK (pending_debits BETWEEN 0 AND 9223372036854775807 - posted_debits),
    pending_credits BIGINT NOT NULL CHECK (pending_credits BETWEEN 0 AND 9223372036854775807 - posted_credits),
    CHECK (limit_minor IS NULL OR posted_debits + pending_debits - posted_credits <= limit_minor),
    CHECK (state <> 2 OR (posted_debits = posted_credits AND pending_debits = 0 AND pending_credits = 0))
);

CREATE TABLE batch (
    number          BIGINT PRIMARY KEY CHECK (number BETWEEN 1 AND 2147483646),
    key             TEXT COLLATE "C" NOT NULL UNIQUE CHECK (length(key) BETWEEN 1 AND 128),
    kind            BIGINT NOT NULL CHECK (kind BETWEEN 1 AND 7),
    policy          BIGINT NOT NULL CHECK (policy IN (0, 1, 2)),
    cycle           TEXT COLLATE "C" NOT NULL,
    rulebook        TEXT COLLATE "C" NOT NULL,
    rows            BIGINT NOT NULL CHECK (rows BETWEEN 0 AND 4294967295)
);

CREATE TABLE transfer (
    place           BIGINT PRIMARY KEY,
    id              TEXT COLLATE "C" NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 128),
    debit           BIGINT NOT NULL,
    credit          BIGINT NOT NULL CHECK (credit <> debit),
    amount_minor    BIGINT NOT NULL CHECK (amount_minor > 0),
    kind            TEXT COLLATE "C" NOT NULL,
    cycle           TEXT COLLATE "C",
    flag            BIGINT NOT NULL CHECK (flag BETWEEN 0 AND 4),
    pending_id      TEXT COLLATE "C" CHECK ((pending_id IS NULL) = (flag < 2)),
    expires_at_us   BIGINT CHECK (expires_at_us IS NULL OR flag = 1),
    reverses        TEXT COLLATE "C" CHECK (reverses IS NULL OR flag = 0),
    effective_at_us BIGINT,
    memo_digest     BYTEA CHECK (length(memo_digest) = 32)
);
CREATE UNIQUE INDEX transfer_resolves ON transfer (pending_id) WHERE pending_id IS NOT NULL;
CREATE UNIQUE INDEX transfer_reverses ON transfer (reverses) WHERE reverses IS NOT NULL;
CREATE INDEX transfer_waits ON transfer (expires_at_us) WHERE expires_at_us IS NOT NULL;

CREATE TABLE refusal (
    place           BIGINT PRIMARY KEY,
    id              TEXT COLLATE "C" NOT NULL,
    code            TEXT COLLATE "C" NOT NULL,
    found           TEXT COLLATE "C" NOT NULL,
    allowed         TEXT COLLATE "C" NOT NULL,
    content         BYTEA CHECK (length(content) = 32),
    binds           BIGINT NOT NULL CHECK (binds IN (0, 1))
);
CREATE UNIQUE INDEX refusal_binds ON refusal (id) WHERE binds = 1;

CREATE TABLE repeat (
    place           BIGINT PRIMARY KEY,
    id              TEXT COLLATE "C" NOT NULL
);

CREATE TABLE erasure (
    place           BIGINT PRIMARY KEY,
    id              TEXT COLLATE "C" NOT NULL
);

CREATE TABLE rotation (
    place           BIGINT PRIMARY KEY,
    old             TEXT COLLATE "C" NOT NULL,
    new             TEXT COLLATE "C" NOT NULL,
    signature       TEXT COLLATE "C" NOT NULL
);

CREATE TABLE record (
    place           BIGINT PRIMARY KEY,
    number          BIGINT NOT NULL UNIQUE CHECK (number >= 1),
    kind            TEXT COLLATE "C" NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
    by_whom         TEXT COLLATE "C" NOT NULL CHECK (length(by_whom) <= 128),
    body            BYTEA NOT NULL CHECK (length(body) <= 1048576)
);

CREATE TABLE document (
    digest          BYTEA NOT NULL CHECK (length(digest) = 32),
    part            BIGINT NOT NULL CHECK (part >= 0),
    bytes           BYTEA NOT NULL CHECK (length(bytes) BETWEEN 1 AND 4194304),
    PRIMARY KEY (digest, part)
);

CREATE TABLE document_whole (
    digest          BYTEA PRIMARY KEY NOT NULL CHECK (length(digest) = 32),
    size            BIGINT NOT NULL CHECK (size >= 0)
);

CREATE TABLE net (
    batch           BIGINT NOT NULL,
    account         BIGINT NOT NULL,
    posted_debits   BIGINT NOT NULL,
    posted_credits  BIGINT NOT NULL,
    pending_debits  BIGINT NOT NULL,
    pending_credits BIGINT NOT NULL,
    PRIMARY KEY (batch, account)
);
CREATE INDEX net_of_account ON net (account, batch);

CREATE TABLE entry (
    sequence        BIGINT PRIMARY KEY,
    batch           BIGINT NOT NULL UNIQUE REFERENCES batch,
    outcome         BIGINT NOT NULL CHECK (outcome IN (0, 1)),
    accepted        BIGINT NOT NULL,
    tree_rows       BIGINT NOT NULL,
    tree_root       BYTEA NOT NULL CHECK (length(tree_root) = 32),
    request_digest  BYTEA NOT NULL CHECK (length(request_digest) = 32),
    request_seal    BYTEA NOT NULL CHECK (length(request_seal) = 32),
    at_us           BIGINT NOT NULL,
    leaf            BYTEA NOT NULL CHECK (length(leaf) = 32),
    log_root        BYTEA NOT NULL CHECK (length(log_root) = 32)
);

CREATE TABLE node (
    tree            BIGINT NOT NULL,
    place           BIGINT NOT NULL,
    hash            BYTEA NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (tree, place)
);

CREATE TABLE memo (
    place           BIGINT PRIMARY KEY,
    text            BYTEA NOT NULL,
    salt            BYTEA NOT NULL CHECK (length(salt) = 16)
);

CREATE TABLE staging (
    batch           BIGINT NOT NULL REFERENCES batch,
    chunk           BIGINT NOT NULL,
    rows            BIGINT NOT NULL,
    refused         BIGINT NOT NULL,
    digest          BYTEA NOT NULL CHECK (length(digest) = 32),
    frontier        BYTEA NOT NULL,
    PRIMARY KEY (batch, chunk)
);

CREATE TABLE staged_effect (
    batch           BIGINT NOT NULL,
    account         BIGINT NOT NULL,
    debits          BIGINT NOT NULL,
    credits         BIGINT NOT NULL,
    peak            BIGINT NOT NULL,
    PRIMARY KEY (batch, account)
);

CREATE TABLE checkpoint (
    size            BIGINT PRIMARY KEY,
    note            TEXT COLLATE "C" NOT NULL
);

CREATE VIEW posting AS
    SELECT t.place AS place, t.debit AS account, -t.amount_minor AS amount_minor
    FROM transfer t JOIN entry e ON e.batch = t.place >> 32 WHERE e.outcome = 1 AND t.flag IN (0, 2)
    UNION ALL
    SELECT t.place, t.credit, t.amount_minor
    FROM transfer t JOIN entry e ON e.batch = t.place >> 32 WHERE e.outcome = 1 AND t.flag IN (0, 2);

CREATE FUNCTION head_keeps_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.format < OLD.format OR NEW.entries < OLD.entries OR NEW.batches < OLD.batches OR NEW.at_us < OLD.at_us THEN RAISE EXCEPTION 'append_only'; END IF; RETURN NEW; END $$;
CREATE TRIGGER head_keeps_update BEFORE UPDATE ON head FOR EACH ROW EXECUTE FUNCTION head_keeps_update();
CREATE FUNCTION head_keeps_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN OLD; END $$;
CREATE TRIGGER head_keeps_delete BEFORE DELETE ON head FOR EACH ROW EXECUTE FUNCTION head_keeps_delete();
CREATE FUNCTION account_keeps_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN NEW; END $$;
CREATE TRIGGER account_keeps_update BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION account_keeps_update();
CREATE FUNCTION account_keeps_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN OLD; END $$;
CREATE TRIGGER account_keeps_delete BEFORE DELETE ON account FOR EACH ROW EXECUTE FUNCTION account_keeps_delete();
CREATE FUNCTION account_change_keeps_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN NEW; END $$;
CREATE TRIGGER account_change_keeps_update BEFORE UPDATE ON account_change FOR EACH ROW EXECUTE FUNCTION account_change_keeps_update();
CREATE FUNCTION account_change_keeps_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN OLD; END $$;
CREATE TRIGGER account_change_keeps_delete BEFORE DELETE ON account_change FOR EACH ROW EXECUTE FUNCTION account_change_keeps_delete();
CREATE FUNCTION balance_keeps_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.account <> OLD.account THEN RAISE EXCEPTION 'append_only'; END IF; RETURN NEW; END $$;
CREATE TRIGGER balance_keeps_update BEFORE UPDATE ON balance FOR EACH ROW EXECUTE FUNCTION balance_keeps_update();
CREATE FUNCTION balance_keeps_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN OLD; END $$;
CREATE TRIGGER balance_keeps_delete BEFORE DELETE ON balance FOR EACH ROW EXECUTE FUNCTION balance_keeps_delete();
CREATE FUNCTION batch_keeps_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN NEW; END $$;
CREATE TRIGGER batch_keeps_update BEFORE UPDATE ON batch FOR EACH ROW EXECUTE FUNCTION batch_keeps_update();
CREATE FUNCTION batch_keeps_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM entry WHERE batch = OLD.number) THEN RAISE EXCEPTION 'append_only'; END IF; RETURN OLD; END $$;
CREATE TRIGGER batch_keeps_delete BEFORE DELETE ON batch FOR EACH ROW EXECUTE FUNCTION batch_keeps_delete();
CREATE FUNCTION transfer_keeps_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN NEW; END $$;
CREATE TRIGGER transfer_keeps_update BEFORE UPDATE ON transfer FOR EACH ROW EXECUTE FUNCTION transfer_keeps_update();
CREATE FUNCTION transfer_keeps_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM entry WHERE batch = OLD.place >> 32 AND outcome = 1) THEN RAISE EXCEPTION 'append_only'; END IF; RETURN OLD; END $$;
CREATE TRIGGER transfer_keeps_delete BEFORE DELETE ON transfer FOR EACH ROW EXECUTE FUNCTION transfer_keeps_delete();
CREATE FUNCTION refusal_keeps_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN NEW; END $$;
CREATE TRIGGER refusal_keeps_update BEFORE UPDATE ON refusal FOR EACH ROW EXECUTE FUNCTION refusal_keeps_update();
CREATE FUNCTION refusal_keeps_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM entry WHERE batch = OLD.place >> 32) THEN RAISE EXCEPTION 'append_only'; END IF; RETURN OLD; END $$;
CREATE TRIGGER refusal_keeps_delete BEFORE DELETE ON refusal FOR EACH ROW EXECUTE FUNCTION refusal_keeps_delete();
CREATE FUNCTION repeat_keeps_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN NEW; END $$;
CREATE TRIGGER repeat_keeps_update BEFORE UPDATE ON repeat FOR EACH ROW EXECUTE FUNCTION repeat_keeps_update();
CREATE FUNCTION repeat_keeps_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM entry WHERE batch = OLD.place >> 32) THEN RAISE EXCEPTION 'append_only'; END IF; RETURN OLD; END $$;
CREATE TRIGGER repeat_keeps_delete BEFORE DELETE ON repeat FOR EACH ROW EXECUTE FUNCTION repeat_keeps_delete();
CREATE FUNCTION erasure_keeps_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN NEW; END $$;
CREATE TRIGGER erasure_keeps_update BEFORE UPDATE ON erasure FOR EACH ROW EXECUTE FUNCTION erasure_keeps_update();
CREATE FUNCTION erasure_keeps_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN OLD; END $$;
CREATE TRIGGER erasure_keeps_delete BEFORE DELETE ON erasure FOR EACH ROW EXECUTE FUNCTION erasure_keeps_delete();
CREATE FUNCTION rotation_keeps_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN NEW; END $$;
CREATE TRIGGER rotation_keeps_update BEFORE UPDATE ON rotation FOR EACH ROW EXECUTE FUNCTION rotation_keeps_update();
CREATE FUNCTION rotation_keeps_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN OLD; END $$;
CREATE TRIGGER rotation_keeps_delete BEFORE DELETE ON rotation FOR EACH ROW EXECUTE FUNCTION rotation_keeps_delete();
CREATE FUNCTION record_keeps_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN NEW; END $$;
CREATE TRIGGER record_keeps_update BEFORE UPDATE ON record FOR EACH ROW EXECUTE FUNCTION record_keeps_update();
CREATE FUNCTION record_keeps_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN OLD; END $$;
CREATE TRIGGER record_keeps_delete BEFORE DELETE ON record FOR EACH ROW EXECUTE FUNCTION record_keeps_delete();
CREATE FUNCTION document_keeps_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN NEW; END $$;
CREATE TRIGGER document_keeps_update BEFORE UPDATE ON document FOR EACH ROW EXECUTE FUNCTION document_keeps_update();
CREATE FUNCTION document_keeps_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM document_whole WHERE digest = OLD.digest) THEN RAISE EXCEPTION 'append_only'; END IF; RETURN OLD; END $$;
CREATE TRIGGER document_keeps_delete BEFORE DELETE ON document FOR EACH ROW EXECUTE FUNCTION document_keeps_delete();
CREATE FUNCTION document_whole_keeps_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN NEW; END $$;
CREATE TRIGGER document_whole_keeps_update BEFORE UPDATE ON document_whole FOR EACH ROW EXECUTE FUNCTION document_whole_keeps_update();
CREATE FUNCTION document_whole_keeps_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN OLD; END $$;
CREATE TRIGGER document_whole_keeps_delete BEFORE DELETE ON document_whole FOR EACH ROW EXECUTE FUNCTION document_whole_keeps_delete();
CREATE FUNCTION net_keeps_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN NEW; END $$;
CREATE TRIGGER net_keeps_update BEFORE UPDATE ON net FOR EACH ROW EXECUTE FUNCTION net_keeps_update();
CREATE FUNCTION net_keeps_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN OLD; END $$;
CREATE TRIGGER net_keeps_delete BEFORE DELETE ON net FOR EACH ROW EXECUTE FUNCTION net_keeps_delete();
CREATE FUNCTION entry_keeps_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN NEW; END $$;
CREATE TRIGGER entry_keeps_update BEFORE UPDATE ON entry FOR EACH ROW EXECUTE FUNCTION entry_keeps_update();
CREATE FUNCTION entry_keeps_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN OLD; END $$;
CREATE TRIGGER entry_keeps_delete BEFORE DELETE ON entry FOR EACH ROW EXECUTE FUNCTION entry_keeps_delete();
CREATE FUNCTION node_keeps_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN NEW; END $$;
CREATE TRIGGER node_keeps_update BEFORE UPDATE ON node FOR EACH ROW EXECUTE FUNCTION node_keeps_update();
CREATE FUNCTION node_keeps_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.tree = 0 OR EXISTS (SELECT 1 FROM entry WHERE batch = OLD.tree) THEN RAISE EXCEPTION 'append_only'; END IF; RETURN OLD; END $$;
CREATE TRIGGER node_keeps_delete BEFORE DELETE ON node FOR EACH ROW EXECUTE FUNCTION node_keeps_delete();
CREATE FUNCTION memo_keeps_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN NEW; END $$;
CREATE TRIGGER memo_keeps_update BEFORE UPDATE ON memo FOR EACH ROW EXECUTE FUNCTION memo_keeps_update();
CREATE FUNCTION checkpoint_keeps_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN NEW; END $$;
CREATE TRIGGER checkpoint_keeps_update BEFORE UPDATE ON checkpoint FOR EACH ROW EXECUTE FUNCTION checkpoint_keeps_update();
CREATE FUNCTION checkpoint_keeps_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'append_only'; END IF; RETURN OLD; END $$;
CREATE TRIGGER checkpoint_keeps_delete BEFORE DELETE ON checkpoint FOR EACH ROW EXECUTE FUNCTION checkpoint_keeps_delete();
CREATE FUNCTION document_keeps_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM document_whole WHERE digest = NEW.digest) THEN RAISE EXCEPTION 'append_only'; END IF; RETURN NEW; END $$;
CREATE TRIGGER document_keeps_insert BEFORE INSERT ON document FOR EACH ROW EXECUTE FUNCTION document_keeps_insert();
CREATE FUNCTION ledger_keeps_all() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append_only'; END $$;
CREATE TRIGGER head_keeps_truncate BEFORE TRUNCATE ON head FOR EACH STATEMENT EXECUTE FUNCTION ledger_keeps_all();
CREATE TRIGGER account_keeps_truncate BEFORE TRUNCATE ON account FOR EACH STATEMENT EXECUTE FUNCTION ledger_keeps_all();
CREATE TRIGGER account_change_keeps_truncate BEFORE TRUNCATE ON account_change FOR EACH STATEMENT EXECUTE FUNCTION ledger_keeps_all();
CREATE TRIGGER balance_keeps_truncate BEFORE TRUNCATE ON balance FOR EACH STATEMENT EXECUTE FUNCTION ledger_keeps_all();
CREATE TRIGGER batch_keeps_truncate BEFORE TRUNCATE ON batch FOR EACH STATEMENT EXECUTE FUNCTION ledger_keeps_all();
CREATE TRIGGER transfer_keeps_truncate BEFORE TRUNCATE ON transfer FOR EACH STATEMENT EXECUTE FUNCTION ledger_keeps_all();
CREATE TRIGGER refusal_keeps_truncate BEFORE TRUNCATE ON refusal FOR EACH STATEMENT EXECUTE FUNCTION ledger_keeps_all();
CREATE TRIGGER repeat_keeps_truncate BEFORE TRUNCATE ON repeat FOR EACH STATEMENT EXECUTE FUNCTION ledger_keeps_all();
CREATE TRIGGER erasure_keeps_truncate BEFORE TRUNCATE ON erasure FOR EACH STATEMENT EXECUTE FUNCTION ledger_keeps_all();
CREATE TRIGGER rotation_keeps_truncate BEFORE TRUNCATE ON rotation FOR EACH STATEMENT EXECUTE FUNCTION ledger_keeps_all();
CREATE TRIGGER record_keeps_truncate BEFORE TRUNCATE ON record FOR EACH STATEMENT EXECUTE FUNCTION ledger_keeps_all();
CREATE TRIGGER document_keeps_truncate BEFORE TRUNCATE ON document FOR EACH STATEMENT EXECUTE FUNCTION ledger_keeps_all();
CREATE TRIGGER document_whole_keeps_truncate BEFORE TRUNCATE ON document_whole FOR EACH STATEMENT EXECUTE FUNCTION ledger_keeps_all();
CREATE TRIGGER net_keeps_truncate BEFORE TRUNCATE ON net FOR EACH STATEMENT EXECUTE FUNCTION ledger_keeps_all();
CREATE TRIGGER entry_keeps_truncate BEFORE TRUNCATE ON entry FOR EACH STATEMENT EXECUTE FUNCTION ledger_keeps_all();
CREATE TRIGGER node_keeps_truncate BEFORE TRUNCATE ON node FOR EACH STATEMENT EXECUTE FUNCTION ledger_keeps_all();
CREATE TRIGGER memo_keeps_truncate BEFORE TRUNCATE ON memo FOR EACH STATEMENT EXECUTE FUNCTION ledger_keeps_all();
CREATE TRIGGER checkpoint_keeps_truncate BEFORE TRUNCATE ON checkpoint FOR EACH STATEMENT EXECUTE FUNCTION ledger_keeps_all();
CREATE FUNCTION transfer_refers() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE counted BIGINT; BEGIN counted := (SELECT count(*) FROM loaded); IF counted < 4096 THEN IF EXISTS (SELECT 1 FROM loaded n WHERE (SELECT 1 FROM account o WHERE o.number = n.debit) IS NULL OR (SELECT 1 FROM account o WHERE o.number = n.credit) IS NULL) THEN RAISE EXCEPTION 'no_such_reference'; END IF; ELSIF counted <> (SELECT count(*) FROM loaded n JOIN account o0 ON o0.number = n.debit JOIN account o1 ON o1.number = n.credit) THEN RAISE EXCEPTION 'no_such_reference'; END IF; RETURN NULL; END $$;
CREATE TRIGGER transfer_refers AFTER INSERT ON transfer REFERENCING NEW TABLE AS loaded FOR EACH STATEMENT EXECUTE FUNCTION transfer_refers();
CREATE FUNCTION net_refers() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE counted BIGINT; BEGIN counted := (SELECT count(*) FROM loaded); IF counted < 4096 THEN IF EXISTS (SELECT 1 FROM loaded n WHERE (SELECT 1 FROM account o WHERE o.number = n.account) IS NULL OR (SELECT 1 FROM batch o WHERE o.number = n.batch) IS NULL) THEN RAISE EXCEPTION 'no_such_reference'; END IF; ELSIF counted <> (SELECT count(*) FROM loaded n JOIN account o0 ON o0.number = n.account JOIN batch o1 ON o1.number = n.batch) THEN RAISE EXCEPTION 'no_such_reference'; END IF; RETURN NULL; END $$;
CREATE TRIGGER net_refers AFTER INSERT ON net REFERENCING NEW TABLE AS loaded FOR EACH STATEMENT EXECUTE FUNCTION net_refers();
CREATE FUNCTION staged_effect_refers() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE counted BIGINT; BEGIN counted := (SELECT count(*) FROM loaded); IF counted < 4096 THEN IF EXISTS (SELECT 1 FROM loaded n WHERE (SELECT 1 FROM account o WHERE o.number = n.account) IS NULL OR (SELECT 1 FROM batch o WHERE o.number = n.batch) IS NULL) THEN RAISE EXCEPTION 'no_such_reference'; END IF; ELSIF counted <> (SELECT count(*) FROM loaded n JOIN account o0 ON o0.number = n.account JOIN batch o1 ON o1.number = n.batch) THEN RAISE EXCEPTION 'no_such_reference'; END IF; RETURN NULL; END $$;
CREATE TRIGGER staged_effect_refers AFTER INSERT ON staged_effect REFERENCING NEW TABLE AS loaded FOR EACH STATEMENT EXECUTE FUNCTION staged_effect_refers();
