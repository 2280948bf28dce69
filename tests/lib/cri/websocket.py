# SPDX-License-Identifier: LGPL-2.1-or-later
"""The client's side of a web socket, as far as the CRI's streaming servers need it: RFC 6455 without fragments or compression, over TCP to the own host."""
import base64
import hashlib
import os
import socket
import struct
from urllib.parse import urlsplit

KEY = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class WebSocket:
    def __init__(self, url, protocol, timeout):
        where = urlsplit(url)
        self.socket = socket.create_connection((where.hostname, where.port), timeout)
        self.data = b""
        key = base64.b64encode(os.urandom(16)).decode()
        path = where.path + ("?" + where.query if where.query else "")
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: {where.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: http://{where.netloc}\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: {protocol}\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.data:
            self._more()
        head, self.data = self.data.split(b"\r\n\r\n", 1)
        accept = base64.b64encode(hashlib.sha1((key + KEY).encode()).digest())
        if not head.startswith(b"HTTP/1.1 101") or accept not in head:
            raise ConnectionError(f"no web socket: {(head + self.data).decode(errors='replace')}")

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError
        self.data += data

    def _take(self, size):
        while len(self.data) < size:
            self._more()
        out, self.data = self.data[:size], self.data[size:]
        return out

    def send(self, data, opcode=BINARY):
        size = len(data)
        length = bytes([size | 0x80]) if size < 126 else struct.pack("!BH", 126 | 0x80, size) if size < 1 << 16 else struct.pack("!BQ", 127 | 0x80, size)
        mask = os.urandom(4)
        self.socket.sendall(bytes([0x80 | opcode]) + length + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def receive(self):
        """The next message, or None at the end."""
        while True:
            try:
                first, second = self._take(2)
                size = second & 0x7F
                if size == 126:
                    size, = struct.unpack("!H", self._take(2))
                elif size == 127:
                    size, = struct.unpack("!Q", self._take(8))
                data = self._take(size)
            except (EOFError, ConnectionError):
                return None
            opcode = first & 0xF
            if opcode == CLOSE:
                return None
            if opcode == PING:
                self.send(data, PONG)
            elif opcode in (0, TEXT, BINARY):
                return data

    def close(self):
        self.socket.close()
