"""What a browser does on a labelling page, over one connection that stays open."""

import asyncio
import json
import socket
from dataclasses import dataclass


ITEMS_AT_HAND = 3


class Refused(Exception):
    """The server did something that no browser should see."""


@dataclass(frozen=True)
class Item:
    """An item that was dealt to a person."""

    assignment: int
    revision: int  # how often it was answered
    letters: tuple  # of the answers, as they are shown


class Connection:
    """HTTP/1.1 with keep-alive, as one signed-in person."""

    def __init__(self, port, token):
        self.port = port
        self.token = token
        self.streams = None

    async def next_item(self, project):
        """The item to answer, and two more that a page keeps at hand; None where there is none left."""
        reply = await self.request("GET", f"/api/projects/{project}/next?count={ITEMS_AT_HAND}")
        if not reply["items"]:
            return None
        item = reply["items"][0]
        return Item(
            assignment=item["assignment"], revision=item["revision"],
            letters=tuple(answer["letter"] for answer in item["answers"]))

    async def submit(self, item, request, side):
        """Says that the answer on one side is better."""
        verdict = {"better": item.letters[side], "strength": 1}
        opinion = {"verdicts": {"": verdict}, "flags": {}, "edits": {}, "reason": ""}
        await self.request("POST", f"/api/assignments/{item.assignment}/judgment", {
            "request": request, "opinion": opinion, "seconds": 1.5, "replacing": item.revision})

    async def request(self, method, path, body=None):
        """The JSON of the reply. OSError, EOFError and IncompleteReadError: there was none."""
        reader, writer = await self.opened()
        content = b"" if body is None else json.dumps(body).encode()
        origin = f"127.0.0.1:{self.port}"
        lines = [
            f"{method} {path} HTTP/1.1", f"Host: {origin}", f"Cookie: heed_session={self.token}",
            f"Origin: http://{origin}", "Sec-Fetch-Site: same-origin"]
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
        await writer.drain()
        status, headers = await self.head(reader)
        text = await reader.readexactly(int(headers.get("content-length", 0)))
        if headers.get("connection", "").lower() == "close":
            self.close()
        if status >= 300:
            raise Refused(f"{method} {path}: {status} {text.decode(errors='replace')[:300]}")
        return json.loads(text) if text else None

    @staticmethod
    async def head(reader):
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {}
        for line in filter(None, lines[1:]):
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return int(lines[0].split()[1]), headers

    async def opened(self):
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        return self.streams

    def close(self):
        if self.streams is not None:
            self.streams[1].close()
            self.streams = None


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
