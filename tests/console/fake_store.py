#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""fake_store.py SOCKET: as much of xenstored as the console daemon's tests need: nodes, watches, special watches.

While /hold is 1, nobody but who wrote it is answered; events are still sent.
/connections says how many there have been.
"""
import os
import selectors
import socket
import struct
import sys

(CONTROL, DIRECTORY, READ, GET_PERMS, WATCH, UNWATCH, TX_START, TX_END, INTRODUCE, RELEASE, DOMAIN_PATH, WRITE, MKDIR, RM,
 SET_PERMS, WATCH_EVENT, ERROR) = range(17)
HEADER = struct.Struct("<IIII")

nodes = {"/": b""}
watches = {}  # connection: list of (path, token)
holder = None


class Refused(Exception):
    pass


def send(connection, kind, request, payload):
    try:
        connection.sendall(HEADER.pack(kind, request, 0, len(payload)) + payload)
    except OSError:
        pass


def fire(path):
    for connection, rows in list(watches.items()):
        for watched, token in rows:
            if path == watched or path.startswith(watched.rstrip("/") + "/"):
                send(connection, WATCH_EVENT, 0, path.encode() + b"\0" + token.encode() + b"\0")


def write(path, value):
    parts = path.strip("/").split("/")
    for i in range(1, len(parts)):
        nodes.setdefault("/" + "/".join(parts[:i]), b"")
    nodes[path] = value
    fire(path)


def do_read(connection, words, rest):
    if words[0] not in nodes:
        raise Refused("ENOENT")
    return nodes[words[0]]


def do_directory(connection, words, rest):
    if words[0] not in nodes:
        raise Refused("ENOENT")
    start = words[0].rstrip("/") + "/"
    names = {n[len(start):].split("/")[0] for n in nodes if n.startswith(start) and n != start}
    return b"".join(n.encode() + b"\0" for n in sorted(names))


def do_write(connection, words, rest):
    global holder
    write(words[0], rest)
    if words[0] == "/hold":
        holder = connection if rest == b"1" else None
    return b"OK\0"


def do_rm(connection, words, rest):
    for name in [n for n in nodes if n == words[0] or n.startswith(words[0] + "/")]:
        del nodes[name]
    fire(words[0])
    return b"OK\0"


def do_watch(connection, words, rest):
    watches.setdefault(connection, []).append((words[0], words[1]))
    return b"OK\0"


def do_unwatch(connection, words, rest):
    if (words[0], words[1]) not in watches.get(connection, []):
        raise Refused("ENOENT")
    watches[connection].remove((words[0], words[1]))
    return b"OK\0"


def do_introduce(connection, words, rest):
    fire("@introduceDomain")
    return b"OK\0"


def do_release(connection, words, rest):
    fire("@releaseDomain")
    return b"OK\0"


requests = {READ: do_read, DIRECTORY: do_directory, WRITE: do_write, RM: do_rm, WATCH: do_watch, UNWATCH: do_unwatch,
            INTRODUCE: do_introduce, RELEASE: do_release}


def serve(connection, kind, request, payload):
    head, _, rest = payload.partition(b"\0")
    words = [w.decode() for w in payload.split(b"\0")] if kind != WRITE else [head.decode()]
    try:
        if kind not in requests:
            raise Refused("ENOSYS")
        send(connection, kind, request, requests[kind](connection, words, rest))
    except Refused as refused:
        send(connection, ERROR, request, str(refused).encode() + b"\0")
    if kind == WATCH:
        send(connection, WATCH_EVENT, 0, words[0].encode() + b"\0" + words[1].encode() + b"\0")


def receive(connection, buffers):
    data = connection.recv(65536)
    if not data:
        return False
    buffers[connection] += data
    return True


def process(connection, buffers):
    while len(buffers[connection]) >= HEADER.size and holder in (None, connection):
        kind, request, _, length = HEADER.unpack_from(buffers[connection])
        if len(buffers[connection]) < HEADER.size + length:
            break
        payload = buffers[connection][HEADER.size:HEADER.size + length]
        buffers[connection] = buffers[connection][HEADER.size + length:]
        serve(connection, kind, request, payload)


def main():
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1] + ".new")
    listener.listen(64)
    os.rename(sys.argv[1] + ".new", sys.argv[1])
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    buffers = {}
    accepted = 0
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                connection = listener.accept()[0]
                accepted += 1
                nodes["/connections"] = str(accepted).encode()
                buffers[connection] = b""
                selector.register(connection, selectors.EVENT_READ)
                continue
            try:
                alive = receive(key.fileobj, buffers)
            except OSError:
                alive = False
            if not alive:
                selector.unregister(key.fileobj)
                watches.pop(key.fileobj, None)
                del buffers[key.fileobj]
                key.fileobj.close()
        for connection in list(buffers):
            process(connection, buffers)


main()
