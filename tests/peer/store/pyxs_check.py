# SPDX-License-Identifier: GPL-2.0-only
"""pyxs_check.py SOCKET: what python3-pyxs, a client that is nobody's library, gets from a store daemon."""
import sys

import pyxs

path = sys.argv[1]
with pyxs.Client(unix_socket_path=path) as c:
    c.write(b"/py/a", b"value")
    c.mkdir(b"/py/d")
    print("read", c.read(b"/py/a"), sorted(c.list(b"/py")), c.exists(b"/py/none"), c.get_perms(b"/py/a"))
    c.set_perms(b"/py/a", [b"n0", b"r5"])
    print("perms", c.get_perms(b"/py/a"))
    try:
        c.read(b"/py/none")
    except pyxs.PyXSError as e:
        print("error", e.args[0])
    c.transaction()
    c.write(b"/py/t", b"1")
    print("commit", c.commit())
    c.transaction()
    c.write(b"/py/t", b"2")
    c.rollback()
    print("after", c.read(b"/py/t"), list(c.walk(b"/py"))[0][0])
    print("domain", c.get_domain_path(7), c.is_domain_introduced(7))
    with c.monitor() as m:
        m.watch(b"/py/w", b"token")
        events = m.wait()
        print("event", next(events))
        with pyxs.Client(unix_socket_path=path) as other:
            other.write(b"/py/w/x", b"1")
        print("event", next(events))
        m.unwatch(b"/py/w", b"token")
    c.delete(b"/py")
    print("gone", c.exists(b"/py"))
