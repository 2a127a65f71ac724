"""The SQLite file of a labelling server, seen from outside: its rows are made and counted without Heed's code."""

import asyncio
import hashlib
import json
import secrets
import sqlite3
import time
import uuid
from contextlib import closing
from dataclasses import dataclass

DAY_SECONDS = 86_400
WORDS = "the of and to a in is that for it as was with be by on not he his but at are this have from or".split()


@dataclass(frozen=True)
class Counts:
    """What became of judgments."""

    lost: int  # acknowledged, and not in the file
    doubled: int  # more than one of an assignment
    unknown: int  # in the file, and nobody was told
    shared: int  # items that two people answered where one was to

    @property
    def is_clean(self):
        return not (self.lost or self.doubled or self.unknown or self.shared)


class LabelStore:
    def __init__(self, path):
        self.path = path

    def connected(self):
        return closing(sqlite3.connect(self.path, timeout=30))

    async def prepared(self, items, people):
        """Waits for the items, then lets people in: the project, and a session's token for each person."""
        while True:
            with self.connected() as database:
                counted = database.execute("SELECT project, count(*) FROM items GROUP BY project").fetchone()
            if counted and counted[1] == items:
                return counted[0], self.let_in(people)
            await asyncio.sleep(0.1)

    def let_in(self, people):
        """People with sessions, as if each had come by a link of their own."""
        tokens = [secrets.token_urlsafe(32) for _ in range(people)]
        now = time.time()
        with self.connected() as database, database:
            for index, token in enumerate(tokens):
                person = database.execute(
                    "INSERT INTO annotators (name, role, created_at) VALUES (?, 'annotator', ?)",
                    (f"person {index}", now)).lastrowid
                database.execute(
                    "INSERT INTO sessions (token_hash, annotator, renewed_at, expires_at) VALUES (?, ?, ?, ?)",
                    (hashlib.sha256(token.encode()).digest(), person, now, now + DAY_SECONDS))
        return tokens

    def counts(self, project, acknowledged):
        """
        acknowledged: request identifier -> assignment, as the server's replies named them.
        """
        with self.connected() as database:
            rows = database.execute(
                "SELECT j.request, j.assignment, a.item, a.annotator FROM judgments j "
                "JOIN assignments a ON a.id = j.assignment WHERE a.project = ?", (project,)).fetchall()
        found = {(bytes(request), assignment) for request, assignment, _, _ in rows}
        expected = {(uuid.UUID(request).bytes, assignment) for request, assignment in acknowledged.items()}
        judges = {}
        for _, _, item, annotator in rows:
            judges.setdefault(item, set()).add(annotator)
        return Counts(
            lost=len(expected - found), unknown=len(found - expected),
            doubled=len(rows) - len({assignment for _, assignment, _, _ in rows}),
            shared=sum(1 for people in judges.values() if len(people) > 1))

    @staticmethod
    def write_responses(path, items, chance):
        """Prompts with two answers of some hundred words, as `heed sample` writes them."""
        def text(words):
            return " ".join(chance.choice(WORDS) for _ in range(words))

        with open(path, "w", encoding="utf-8") as file:
            for index in range(items):
                answers = [{"text": text(chance.randrange(20, 200))} for _ in range(2)]
                row = {"prompt": f"Question {index}: {text(12)}?", "responses": answers}
                file.write(json.dumps(row) + "\n")
