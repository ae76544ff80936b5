"""A small hub: speaks the paths of huggingface.co that huggingface_hub asks for, over folders on disk.

`--root` holds `models/ORGANISATION/NAME/` and `datasets/ORGANISATION/NAME/`, each with its files. Every repository has
one commit, whose hash follows from its files, under the name `main` and, where it has a file `.revisions`, under the
names in it. A file `.gated` makes it answer 401 without the token in it; a file `.cut` makes the connection break after
as many bytes of a file as it says; a file `.damaged` names a file that is sent with one byte changed; a file `.claimed`
has names that it lists beside its files, whatever they are: each is sent as "claimed".

As a program it prints its address and serves until its standard input closes:
`python tests/hub_server.py --root DIR --port 0`
"""

import argparse
import hashlib
import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

CLAIMED = b"claimed"


class Hub(ThreadingHTTPServer):
    """`requests` lists what was asked for, as "METHOD path"; `resumed` from which byte a file was asked for again."""

    daemon_threads = True

    def __init__(self, root: Path, port: int):
        super().__init__(("127.0.0.1", port), _Handler)
        self.root = root
        self.requests: list[str] = []
        self.resumed: list[int] = []
        # An HTTP status that every request gets instead of an answer: a hub that is down.
        self.broken: int | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> "Hub":
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_error) -> None:
        self.shutdown()
        self.server_close()


class _Repository:
    def __init__(self, folder: Path):
        self.folder = folder

    def files(self) -> Iterator[Path]:
        return (file for file in sorted(self.folder.rglob("*")) if file.is_file() and not file.name.startswith("."))

    def commit(self) -> str:
        digest = hashlib.sha1()
        for file in self.files():
            digest.update(str(file.relative_to(self.folder)).encode() + _etag(file).encode())
        return digest.hexdigest()

    def has_revision(self, revision: str) -> bool:
        named = self.folder / ".revisions"
        return revision in {"main", self.commit(), *(named.read_text().split() if named.exists() else ())}

    def admits(self, authorization: str | None) -> bool:
        gate = self.folder / ".gated"
        return not gate.exists() or authorization == f"Bearer {gate.read_text().strip()}"

    def cut(self) -> int | None:
        mark = self._marked(".cut")
        return None if mark is None else int(mark)

    def content(self, file: Path) -> bytes:
        content = file.read_bytes()
        return content[:-1] + bytes([content[-1] ^ 1]) if file.name == self._marked(".damaged") else content

    def claimed(self) -> list[str]:
        return (self._marked(".claimed") or "").splitlines()

    def _marked(self, name: str) -> str | None:
        mark = self.folder / name
        return mark.read_text().strip() if mark.exists() else None

    def information(self, name: str) -> dict:
        siblings = [{"rfilename": str(file.relative_to(self.folder))} for file in self.files()]
        siblings += [{"rfilename": name} for name in self.claimed()]
        return {"_id": "0", "id": name, "modelId": name, "sha": self.commit(), "private": False, "gated": False,
                "disabled": False, "tags": [], "downloads": 0, "likes": 0, "siblings": siblings}  # fmt: skip

    def tree(self) -> list[dict]:
        return [
            {
                "type": "file",
                "path": str(file.relative_to(self.folder)),
                "oid": _etag(file),
                "size": file.stat().st_size,
            }
            for file in self.files()
        ] + [{"type": "file", "path": name, "oid": "0" * 40, "size": len(CLAIMED)} for name in self.claimed()]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, *_arguments) -> None:
        """Nothing is printed: the program's output is its address."""

    def _answer(self, with_body: bool) -> None:
        self._with_body = with_body
        path = urlsplit(self.path).path
        self.server.requests.append(f"{self.command} {unquote(path)}")
        if self.server.broken is not None:
            return self._refuse(self.server.broken, None, "the hub is down")
        # A revision's own slashes come as %2F.
        parts = [unquote(part) for part in path.strip("/").split("/")]
        if parts[0] == "api" and len(parts) > 3:
            return self._answer_api(*parts[1:4], parts[4:])
        kind, parts = ("datasets", parts[1:]) if parts[0] == "datasets" else ("models", parts)
        if len(parts) > 4 and parts[2] == "resolve":
            return self._answer_file(kind, f"{parts[0]}/{parts[1]}", parts[3], "/".join(parts[4:]))
        return self._refuse(404, None, "no such page")

    def _answer_api(self, kind: str, organisation: str, name: str, rest: list[str]) -> None:
        action, revision = rest[:2] if len(rest) > 1 else ("revision", "main")
        repository = self._repository(kind, f"{organisation}/{name}", revision)
        if repository is None:
            return
        if action == "tree":
            return self._send_json(200, repository.tree())
        return self._send_json(200, repository.information(f"{organisation}/{name}"))

    def _answer_file(self, kind: str, name: str, revision: str, path: str) -> None:
        repository = self._repository(kind, name, revision)
        if repository is None:
            return
        if path in repository.claimed():
            headers = {"ETag": f'"{"0" * 40}"', "X-Repo-Commit": repository.commit()}
            return self._send_content(CLAIMED, headers, None)
        file = repository.folder / path
        if not file.is_file() or file not in set(repository.files()):
            return self._refuse(404, "EntryNotFound", "Entry not found")
        headers = {"ETag": f'"{_etag(file)}"', "X-Repo-Commit": repository.commit(), "Accept-Ranges": "bytes"}
        self._send_content(repository.content(file), headers, repository.cut())

    def _send_content(self, content: bytes, headers: dict[str, str], cut: int | None) -> None:
        asked = self.headers.get("Range")
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        if asked:
            self.server.resumed.append(start)
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self._send(206 if asked else 200, content[start:], "application/octet-stream", headers, cut)

    def _repository(self, kind: str, name: str, revision: str) -> _Repository | None:
        """The repository at that revision, or None after a refusal as huggingface.co words it."""
        repository = _Repository(self.server.root / kind / name)
        authorization = self.headers.get("Authorization")
        if not repository.folder.is_dir():
            # To somebody who is not signed in the hub does not tell what exists.
            self._refuse(404 if authorization else 401, "RepoNotFound", "Repository not found")
        elif not repository.admits(authorization):
            self._refuse(401, "GatedRepo", f"Access to {kind[:-1]} {name} is restricted")
        elif not repository.has_revision(revision):
            self._refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        else:
            return repository
        return None

    def _refuse(self, status: int, code: str | None, message: str) -> None:
        self._send_json(
            status, {"error": message}, {"X-Error-Message": message} | ({"X-Error-Code": code} if code else {})
        )

    def _send_json(self, status: int, content, headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(content).encode(), "application/json", headers or {})

    def _send(
        self, status: int, body: bytes, content_type: str, headers: dict[str, str], cut: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": content_type, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self._with_body:
            self.wfile.write(body[:cut])
            self.close_connection = cut is not None and cut < len(body)


def _etag(file: Path) -> str:
    """As git names a file's content, which is what the hub sends for small files."""
    content = file.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    arguments = parser.parse_args()
    with Hub(arguments.root, arguments.port) as hub:
        print(hub.address, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
