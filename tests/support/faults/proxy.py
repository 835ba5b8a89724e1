"""A proxy between the programs under test and PostgreSQL that counts what is asked, and strikes at a chosen request.

Nothing in the product knows of it: it speaks the wire protocol. A request is a simple query or a Sync, on whatever connection;
they are numbered in the order in which they arrive.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass

_SSL_REQUEST, _GSS_REQUEST, _CANCEL = 80877103, 80877104, 80877102


@dataclass(frozen=True)
class Strike:
    """When to strike."""

    #: Number of the request, from 1.
    at: int
    #: before (the server never hears of it) | during (it was sent) | after (it was answered, and nobody was told)
    when: str


class Proxy:
    """Listens on a port of the loopback interface."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self.count = 0
        #: Texts of the requests, for a report; a Sync has none.
        self.texts: list[str] = []
        self._strike: Strike | None = None
        self._act: Callable[[int], None] = lambda _: None
        self.struck = False
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, strike: Strike | None, act: Callable[[int], None] = lambda _: None) -> None:
        """Count from the beginning, and call ``act`` with the number of the server's process when the time has come."""
        with self._lock:
            self.count, self.texts, self.struck = 0, [], False
            self._strike, self._act = strike, act

    def close(self) -> None:
        """Listen no more."""
        with contextlib.suppress(OSError):
            self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            _at_once(client)
            threading.Thread(target=_Connection(self, client).run, daemon=True).start()

    def connect(self) -> socket.socket:
        """A connection to the server."""
        host, port = self._server
        if host.startswith("/"):
            raw = socket.socket(socket.AF_UNIX)
            raw.connect(f"{host}/.s.PGSQL.{port}")
            return raw
        made = socket.create_connection((host, port))
        _at_once(made)
        return made

    def asked(self, text: str) -> str:
        """A request has arrived: when to strike because of it, '' for not at all."""
        with self._lock:
            self.count += 1
            self.texts.append(text)
            if self._strike is not None and self.count == self._strike.at and not self.struck:
                self.struck = True
                return self._strike.when
        return ""

    def act(self, pid: int) -> None:
        """Strike."""
        self._act(pid)


class _Connection:
    """One connection of a client, and the one to the server that belongs to it."""

    def __init__(self, proxy: Proxy, client: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server: socket.socket | None = None
        self._pid = 0
        self._hold = threading.Event()

    def run(self) -> None:
        try:
            self._server = self._proxy.connect()
            if self._startup():
                threading.Thread(target=self._answers, daemon=True).start()
                self._requests()
        except OSError:
            pass
        finally:
            self._end()

    def _end(self) -> None:
        for each in (self._client, self._server):
            if each is not None:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                with contextlib.suppress(OSError):
                    each.close()

    def _startup(self) -> bool:
        assert self._server is not None
        while True:
            head = _exactly(self._client, 8)
            length, code = struct.unpack("!II", head)
            rest = _exactly(self._client, length - 8)
            if code in (_SSL_REQUEST, _GSS_REQUEST):
                self._client.sendall(b"N")
                continue
            self._server.sendall(head + rest)
            return code != _CANCEL

    def _requests(self) -> None:
        assert self._server is not None
        while True:
            kind, message = _message(self._client)
            when = ""
            if kind in (b"Q", b"S"):
                when = self._proxy.asked(message[5:-1].decode("utf-8", "replace") if kind == b"Q" else "")
            if when == "before":
                self._proxy.act(self._pid)
            elif when == "after":
                self._hold.set()
            self._server.sendall(message)
            if when == "during":
                self._proxy.act(self._pid)

    def _answers(self) -> None:
        assert self._server is not None
        try:
            while True:
                kind, message = _message(self._server)
                if kind == b"K":
                    self._pid = struct.unpack("!I", message[5:9])[0]
                if kind == b"Z" and self._hold.is_set():
                    self._hold.clear()
                    self._proxy.act(self._pid)
                self._client.sendall(message)
        except OSError:
            self._end()


def _at_once(connection: socket.socket) -> None:
    """Small messages are not held back until the last one is acknowledged: 40 ms each."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _message(sender: socket.socket) -> tuple[bytes, bytes]:
    kind = _exactly(sender, 1)
    size = _exactly(sender, 4)
    return kind, kind + size + _exactly(sender, struct.unpack("!I", size)[0] - 4)


def _exactly(sender: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = sender.recv(count - len(data))
        if not piece:
            raise OSError("closed")
        data += piece
    return data
