#!/usr/bin/env python3
"""A shop for the tasks `sync` and `load`, at http://localhost:8090/orders. It has sold 250 orders,
and sells one more each second."""

import json
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlparse

OPENED = time.monotonic() - 250


class Shop(BaseHTTPRequestHandler):
    def do_GET(self):
        query = parse_qs(urlparse(self.path).query)
        after, limit = (int(query[name][0]) for name in ("after", "limit"))
        newest = int(time.monotonic() - OPENED)
        ids = range(after + 1, min(after + limit, newest) + 1)
        orders = [{"id": id, "customer": f"customer {id % 40}", "cents": id * 7919 % 10_000} for id in ids]
        body = json.dumps(orders).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


HTTPServer(("127.0.0.1", 8090), Shop).serve_forever()
