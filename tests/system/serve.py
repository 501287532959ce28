#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""serve.py FOLDER PORTFILE: serves FOLDER by HTTP on a free port of 127.0.0.1 and writes the port to PORTFILE."""
import functools
import http.server
import os
import sys

handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
with open(sys.argv[2] + ".new", "w", encoding="ascii") as f:
    f.write(str(server.server_port))
os.rename(sys.argv[2] + ".new", sys.argv[2])
server.serve_forever()
