import GRDB

/// The tables of a store. Migrations are named, only ever appended, and never lose a row.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 people, projects, items, judgments, audit") {
            try $0.execute(sql: first)
        }
        return migrator
    }

    private static let first = """
        CREATE TABLE store (
            only INTEGER PRIMARY KEY CHECK (only = 1),
            seed INTEGER NOT NULL,
            created_at REAL NOT NULL
        ) STRICT;

        CREATE TABLE annotators (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL COLLATE NOCASE UNIQUE,
            role TEXT NOT NULL CHECK (role IN ('annotator', 'lead')),
            status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'excluded', 'withdrawn')),
            status_reason TEXT NOT NULL DEFAULT '',
            groups TEXT NOT NULL DEFAULT '{}',
            sign_in_hash BLOB,
            created_at REAL NOT NULL
        ) STRICT;

        CREATE TABLE invitations (
            id INTEGER PRIMARY KEY,
            token_hash BLOB NOT NULL UNIQUE,
            role TEXT NOT NULL CHECK (role IN ('annotator', 'lead')),
            groups TEXT NOT NULL DEFAULT '{}',
            invited_by INTEGER REFERENCES annotators(id),
            created_at REAL NOT NULL,
            expires_at REAL NOT NULL,
            used_by INTEGER REFERENCES annotators(id)
        ) STRICT;

        CREATE TABLE sessions (
            token_hash BLOB PRIMARY KEY,
            annotator INTEGER NOT NULL REFERENCES annotators(id),
            renewed_at REAL NOT NULL,
            expires_at REAL NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX sessions_of_annotator ON sessions (annotator);

        CREATE TABLE projects (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL COLLATE NOCASE UNIQUE,
            version INTEGER NOT NULL DEFAULT 1,
            definition TEXT NOT NULL,
            overlap INTEGER NOT NULL,
            created_at REAL NOT NULL,
            closed_at REAL
        ) STRICT;

        CREATE TABLE project_versions (
            project INTEGER NOT NULL REFERENCES projects(id),
            version INTEGER NOT NULL,
            definition TEXT NOT NULL,
            created_at REAL NOT NULL,
            PRIMARY KEY (project, version)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE policies (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            hash TEXT NOT NULL,
            sampler TEXT NOT NULL DEFAULT '{}',
            UNIQUE (name, hash, sampler)
        ) STRICT;

        CREATE TABLE conversations (
            id INTEGER PRIMARY KEY,
            project INTEGER NOT NULL REFERENCES projects(id),
            annotator INTEGER NOT NULL REFERENCES annotators(id),
            created_at REAL NOT NULL,
            ended_at REAL
        ) STRICT;
        CREATE INDEX conversations_of_annotator ON conversations (annotator, project);

        -- lot: uniform in [0, 1), the place of the item in the random order.
        -- places: how many people it may still be dealt to; judgments: how many who take part have judged it.
        CREATE TABLE items (
            id INTEGER PRIMARY KEY,
            project INTEGER NOT NULL REFERENCES projects(id),
            kind TEXT NOT NULL CHECK (kind IN ('work', 'gold', 'training', 'chat')),
            content_hash BLOB NOT NULL,
            prompt TEXT NOT NULL,
            extra TEXT NOT NULL DEFAULT '{}',
            expected TEXT,
            explanation TEXT NOT NULL DEFAULT '',
            priority REAL,
            lot REAL NOT NULL,
            places INTEGER NOT NULL,
            judgments INTEGER NOT NULL DEFAULT 0,
            conversation INTEGER REFERENCES conversations(id),
            parent INTEGER REFERENCES items(id),
            created_at REAL NOT NULL,
            UNIQUE (project, content_hash)
        ) STRICT;
        CREATE INDEX items_by_kind ON items (project, kind, lot);
        CREATE INDEX items_to_train ON items (project) WHERE kind = 'training';
        CREATE INDEX items_at_random ON items (project, lot) WHERE kind = 'work' AND places > 0;
        CREATE INDEX items_by_priority ON items (project, priority DESC, lot) WHERE kind = 'work' AND places > 0;
        CREATE INDEX items_of_conversation ON items (conversation) WHERE conversation IS NOT NULL;

        CREATE TABLE responses (
            item INTEGER NOT NULL REFERENCES items(id),
            position INTEGER NOT NULL,
            text TEXT NOT NULL,
            finish TEXT,
            policy INTEGER REFERENCES policies(id),
            extra TEXT NOT NULL DEFAULT '{}',
            PRIMARY KEY (item, position)
        ) STRICT, WITHOUT ROWID;

        -- dealt, answered: how many items the person has got, and answered, in the project.
        -- frontier: no item of the random order with a smaller lot can be dealt to the person.
        CREATE TABLE streams (
            project INTEGER NOT NULL REFERENCES projects(id),
            annotator INTEGER NOT NULL REFERENCES annotators(id),
            dealt INTEGER NOT NULL DEFAULT 0,
            answered INTEGER NOT NULL DEFAULT 0,
            frontier REAL NOT NULL DEFAULT 0,
            PRIMARY KEY (project, annotator)
        ) STRICT, WITHOUT ROWID;

        -- expires_at: null where the person takes nobody's place.
        -- answered: the answer's number n among the person's in the project, counted from 1; null before.
        CREATE TABLE assignments (
            id INTEGER PRIMARY KEY,
            project INTEGER NOT NULL REFERENCES projects(id),
            item INTEGER NOT NULL REFERENCES items(id),
            annotator INTEGER NOT NULL REFERENCES annotators(id),
            showing INTEGER NOT NULL CHECK (showing IN (0, 1)),
            drawn TEXT NOT NULL CHECK (drawn IN ('random', 'selected')),
            arrangement TEXT NOT NULL,
            version INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('open', 'judged', 'skipped', 'released')),
            revision INTEGER NOT NULL DEFAULT 0,
            answered INTEGER,
            created_at REAL NOT NULL,
            expires_at REAL,
            UNIQUE (item, annotator, showing),
            FOREIGN KEY (project, version) REFERENCES project_versions (project, version)
        ) STRICT;
        CREATE INDEX assignments_of_annotator ON assignments (annotator, project, state, id);
        CREATE INDEX assignments_answered ON assignments (annotator, project, answered) WHERE answered IS NOT NULL;
        CREATE INDEX leases ON assignments (project, expires_at) WHERE state = 'open' AND expires_at IS NOT NULL;

        CREATE TABLE judgments (
            id INTEGER PRIMARY KEY,
            assignment INTEGER NOT NULL REFERENCES assignments(id),
            project INTEGER NOT NULL REFERENCES projects(id),
            annotator INTEGER NOT NULL REFERENCES annotators(id),
            revision INTEGER NOT NULL,
            version INTEGER NOT NULL,
            opinion TEXT NOT NULL,
            seconds REAL NOT NULL,
            request BLOB NOT NULL UNIQUE,
            created_at REAL NOT NULL,
            UNIQUE (assignment, revision),
            FOREIGN KEY (project, version) REFERENCES project_versions (project, version)
        ) STRICT;
        CREATE INDEX judgments_of_project ON judgments (project, id);
        CREATE INDEX judgments_of_annotator ON judgments (annotator, project, created_at);

        -- What people said in their own words, apart from the verdicts, so that it can go when they withdraw.
        CREATE TABLE remarks (
            judgment INTEGER PRIMARY KEY REFERENCES judgments(id),
            reason TEXT NOT NULL,
            edits TEXT NOT NULL
        ) STRICT;

        CREATE TABLE drafts (
            assignment INTEGER PRIMARY KEY REFERENCES assignments(id),
            content TEXT NOT NULL,
            updated_at REAL NOT NULL
        ) STRICT;

        CREATE TABLE uses (
            id INTEGER PRIMARY KEY,
            run TEXT NOT NULL,
            verb TEXT NOT NULL,
            schema TEXT NOT NULL,
            rows_hash TEXT NOT NULL,
            created_at REAL NOT NULL,
            UNIQUE (run, verb, schema, rows_hash)
        ) STRICT;

        CREATE TABLE used_judgments (
            use INTEGER NOT NULL REFERENCES uses(id),
            judgment INTEGER NOT NULL REFERENCES judgments(id),
            PRIMARY KEY (use, judgment)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX uses_of_judgment ON used_judgments (judgment);

        CREATE TABLE audit (
            sequence INTEGER PRIMARY KEY,
            at REAL NOT NULL,
            annotator INTEGER REFERENCES annotators(id),
            action TEXT NOT NULL,
            subject TEXT NOT NULL,
            detail TEXT NOT NULL DEFAULT '{}',
            chain BLOB NOT NULL
        ) STRICT;

        CREATE TRIGGER judgments_stay BEFORE UPDATE ON judgments
        BEGIN SELECT RAISE(ABORT, 'judgments are only ever added'); END;
        CREATE TRIGGER judgments_remain BEFORE DELETE ON judgments
        BEGIN SELECT RAISE(ABORT, 'judgments are only ever added'); END;
        CREATE TRIGGER remarks_stay BEFORE UPDATE ON remarks
        BEGIN SELECT RAISE(ABORT, 'remarks are only ever added'); END;
        CREATE TRIGGER remarks_remain BEFORE DELETE ON remarks
        WHEN (SELECT a.status FROM judgments j JOIN annotators a ON a.id = j.annotator WHERE j.id = OLD.judgment)
            <> 'withdrawn'
        BEGIN SELECT RAISE(ABORT, 'remarks go only when their author withdraws'); END;
        CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END;
        CREATE TRIGGER audit_remains BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END;
        """
}
