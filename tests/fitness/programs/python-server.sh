# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Threads that serve HTTP, asyncio over TCP, UDP and UNIX sockets, a handed-over descriptor, name lookup.
. "${0%/*}/lib.sh"
cat >server.py <<'P'
import array, asyncio, http.server, os, socket, threading, urllib.request

class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
for _ in range(20):
    assert urllib.request.urlopen(f"http://localhost:{server.server_port}/server.py").read().startswith(b"import")
server.shutdown()

async def talk():
    async def echo(reader, writer):
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()
    tcp = await asyncio.start_server(echo, "::1", 0)
    unix = await asyncio.start_unix_server(echo, "/tmp/echo")
    for connect in [asyncio.open_connection("::1", tcp.sockets[0].getsockname()[1]), asyncio.open_unix_connection("/tmp/echo")] :
        reader, writer = await connect
        writer.write(b"hello\n")
        assert await reader.readline() == b"HELLO\n"
        writer.close()
asyncio.run(talk())

a, b = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
a.bind(("127.0.0.1", 0))
b.sendto(b"x", a.getsockname())
assert a.recvfrom(10)[0] == b"x"
left, right = socket.socketpair()
left.sendmsg([b"f"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [os.open("/etc/passwd", os.O_RDONLY)]))])
assert os.read(array.array("i", right.recvmsg(10, 100)[1][0][2])[0], 4) == b"root"
assert socket.getaddrinfo("localhost", 80)
print("works")
P
python3 server.py
