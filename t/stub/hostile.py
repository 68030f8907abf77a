#!/usr/bin/python3
"""A server that means ill, or works badly: what "azekura get" must not fall for. Record ids choose the trick.

hostile.py LOG: prints two addresses, the server and a second one that should never be asked; both note "METHOD PATH AUTHORIZATION" in LOG.
"""
import hashlib
import http.server
import json
import sys
import threading
import urllib.parse

GOOD = bytes(range(256)) * 4000
ESCAPES = {
    "up": "../evil", "deep": "a/../../evil", "absolute": "/tmp/azekura-evil", "dot": "./evil", "empty": "", "double": "a//evil",
    "escape": "a\x1b]0;evil\x07", "line": "a\nb", "end": "a/..", "nul": "a\x00b",
}


def entry(base, rec, key, data, **more):
    e = {"key": key, "status": "completed", "size": len(data), "checksum": "sha256:" + hashlib.sha256(data).hexdigest(),
         "links": {"content": f"{base}/api/records/{rec}/files/{urllib.parse.quote(key, safe='')}/content"}}
    e.update(more)
    return e


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    tries = {}

    def log_message(self, *args):
        pass

    def note(self):
        with open(sys.argv[1], "a") as f:
            f.write(f"{self.server.which} {self.command} {self.path} {self.headers.get('Authorization', '-')}\n")

    def answer(self, code, data, fields=(), cut=None):
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        for k, v in fields:
            self.send_header(k, v)
        self.end_headers()
        self.wfile.write(data if cut is None else data[:cut])
        if cut is not None:
            self.close_connection = True

    def files(self, rec):
        other = self.server.other
        base = self.server.base
        if rec in ESCAPES:
            return [entry(base, rec, "fine.txt", GOOD), entry(base, rec, ESCAPES[rec], GOOD)]
        if rec == "elsewhere":
            return [entry(base, rec, "x.bin", GOOD, links={"content": other + "/api/records/elsewhere/files/x.bin/content"})]
        if rec == "nolink":
            return [entry(base, rec, "x.bin", GOOD, links={})]
        if rec == "badsum":
            return [entry(base, rec, "x.bin", GOOD, checksum="sha256:" + "../" * 10 + "evil" + "0" * 30)]
        if rec == "nosum":
            return [entry(base, rec, "x.bin", GOOD, checksum="md5:0123")]
        return [entry(base, rec, "x.bin", GOOD)]

    def content(self, rec):
        n = Handler.tries[rec] = Handler.tries.get(rec, 0) + 1
        rng = self.headers.get("Range")
        at = int(rng.split("=")[1].split("-")[0]) if rng else 0
        if rec == "wrong":
            return self.answer(200, b"x" + GOOD[1:])
        if rec == "cut" and n < 4:
            # Goes on where it is asked to, a third at a time.
            return self.answer(206 if rng else 200, GOOD[at:], [("Content-Range", f"bytes {at}-{len(GOOD) - 1}/{len(GOOD)}")] if rng else [], cut=300000)
        if rec == "norange":
            return self.answer(200, GOOD, cut=300000 if n == 1 else None)
        if rec == "liar" and rng:
            return self.answer(206, GOOD[:len(GOOD) - at], [("Content-Range", f"bytes {at}-{len(GOOD) - 1}/{len(GOOD)}")])
        if rec == "liar":
            return self.answer(200, GOOD, cut=300000 if n == 1 else None)
        if rng:
            return self.answer(206, GOOD[at:], [("Content-Range", f"bytes {at}-{len(GOOD) - 1}/{len(GOOD)}")])
        return self.answer(200, GOOD)

    def do_GET(self):
        self.note()
        part = urllib.parse.urlsplit(self.path).path.split("/")
        if len(part) >= 5 and part[4] == "files" and len(part) > 5:
            return self.content(part[3])
        if len(part) == 5 and part[4] == "files":
            doc = {"enabled": True, "entries": self.files(part[3]), "links": {}, "total_bytes": len(GOOD)}
            if part[3] == "pages" and "after" not in self.path:
                doc["links"]["next"] = self.server.other + "/api/records/pages/files?after=x"
            return self.answer(200, json.dumps(doc).encode())
        if part[1] == "redirect":
            return self.answer(302, b"", [("Location", self.server.other + "/stolen")])
        return self.answer(404, b"{}")

    do_POST = do_PUT = do_DELETE = do_GET


servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(2)]
for i, s in enumerate(servers):
    s.which = ("asked", "other")[i]
    s.base = "http://127.0.0.1:%d" % s.server_port
for s, o in zip(servers, reversed(servers)):
    s.other = o.base
    threading.Thread(target=s.serve_forever, daemon=True).start()
print(servers[0].base, servers[1].base, flush=True)
threading.Event().wait()
