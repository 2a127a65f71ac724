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
        CREATE TABLE annotators (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL COLLATE NOCASE UNIQUE,
            role TEXT NOT NULL CHECK (role IN ('annotator', 'lead')),
            status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'excluded', 'withdrawn')),
            groups TEXT NOT NULL DEFAULT '{}',
            sign_in_hash BLOB UNIQUE,
            created_at REAL NOT NULL
        ) STRICT;

        CREATE TABLE invitations (
            token_hash BLOB PRIMARY KEY,
            role TEXT NOT NULL CHECK (role IN ('annotator', 'lead')),
            groups TEXT NOT NULL DEFAULT '{}',
            invited_by INTEGER REFERENCES annotators(id),
            created_at REAL NOT NULL,
            expires_at REAL NOT NULL,
            used_by INTEGER REFERENCES annotators(id)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE sessions (
            token_hash BLOB PRIMARY KEY,
            annotator INTEGER NOT NULL REFERENCES annotators(id),
            created_at REAL NOT NULL,
            expires_at REAL NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE projects (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL COLLATE NOCASE UNIQUE,
            version INTEGER NOT NULL DEFAULT 1,
            definition TEXT NOT NULL,
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
            shuffle_key INTEGER NOT NULL,
            conversation INTEGER REFERENCES conversations(id),
            parent INTEGER REFERENCES items(id),
            created_at REAL NOT NULL,
            UNIQUE (project, content_hash)
        ) STRICT;
        CREATE INDEX items_in_order ON items (project, kind, shuffle_key);

        CREATE TABLE responses (
            item INTEGER NOT NULL REFERENCES items(id),
            position INTEGER NOT NULL,
            text TEXT NOT NULL,
            finish TEXT,
            policy INTEGER REFERENCES policies(id),
            extra TEXT NOT NULL DEFAULT '{}',
            PRIMARY KEY (item, position)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE assignments (
            id INTEGER PRIMARY KEY,
            project INTEGER NOT NULL REFERENCES projects(id),
            item INTEGER NOT NULL REFERENCES items(id),
            annotator INTEGER NOT NULL REFERENCES annotators(id),
            showing INTEGER NOT NULL,
            drawn TEXT NOT NULL CHECK (drawn IN ('random', 'selected')),
            arrangement TEXT NOT NULL,
            version INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('open', 'judged', 'skipped', 'released')),
            created_at REAL NOT NULL,
            expires_at REAL NOT NULL,
            UNIQUE (item, annotator, showing)
        ) STRICT;
        CREATE INDEX assignments_of_annotator ON assignments (annotator, project, state, id);
        CREATE INDEX assignments_of_item ON assignments (item, state);

        CREATE TABLE judgments (
            id INTEGER PRIMARY KEY,
            assignment INTEGER NOT NULL REFERENCES assignments(id),
            revision INTEGER NOT NULL,
            opinion TEXT NOT NULL,
            seconds REAL NOT NULL,
            request BLOB NOT NULL UNIQUE,
            created_at REAL NOT NULL,
            UNIQUE (assignment, revision)
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
            UNIQUE (run, schema)
        ) STRICT;

        CREATE TABLE used_judgments (
            use INTEGER NOT NULL REFERENCES uses(id),
            judgment INTEGER NOT NULL REFERENCES judgments(id),
            PRIMARY KEY (use, judgment)
        ) STRICT, WITHOUT ROWID;

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
        CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END;
        CREATE TRIGGER audit_remains BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END;
        """
}
