"""Fill the HTTP cache of rocrate-validator with the JSON-LD contexts of RO-Crate, so that it runs unmodified and without a network.

    crate_cache.py CACHE CONTEXTS      CONTEXTS holds 1.1/context.jsonld, 1.2/context.jsonld, ...
"""
import io
import pathlib
import sys

import requests
from requests.adapters import BaseAdapter
from requests_cache import CachedSession
from urllib3 import HTTPResponse


class Local(BaseAdapter):
    """Answers every request with one file."""

    def __init__(self, body):
        super().__init__()
        self.body = body

    def send(self, request, **kw):
        raw = HTTPResponse(body=io.BytesIO(self.body), status=200, preload_content=False, headers={"Content-Type": "application/ld+json"}, request_url=request.url)
        answer = requests.adapters.HTTPAdapter().build_response(request, raw)
        return answer

    def close(self):
        pass


def main(cache, contexts):
    session = CachedSession(cache_name=cache, expire_after=-1, backend="sqlite", allowable_methods=("GET",), allowable_codes=(200, 302, 404))
    for path in sorted(pathlib.Path(contexts).glob("*/context.jsonld")):
        session.mount("https://", Local(path.read_bytes()))
        url = f"https://w3id.org/ro/crate/{path.parent.name}/context"
        session.get(url)


main(sys.argv[1], sys.argv[2])
