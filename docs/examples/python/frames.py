"""Reads many keys of a p2pcache cluster in frames: one connection, and all requests are on their way at once."""
import argparse
import hmac
import secrets
import socket
import struct
import sys

from client import Cache

REQUEST, REPLY, CANCEL, PING, PONG, PROOF, LARGE = 1, 2, 3, 4, 5, 6, 8  # kinds of frames
OK, NOT_FOUND = 0, 1  # codes of replies


def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def number(field, n): return varint(field << 3) + varint(n)
def text(field, b): return varint(field << 3 | 2) + varint(len(b)) + b


def fields(message):
    """The fields of a protobuf message by their numbers."""
    found, at = {}, 0

    def read_varint():
        nonlocal at
        n = shift = 0
        while True:
            byte, at = message[at], at + 1
            n, shift = n | (byte & 127) << shift, shift + 7
            if byte < 128:
                return n

    while at < len(message):
        tag = read_varint()
        if tag & 7 == 0:
            found[tag >> 3] = read_varint()
        else:
            size = read_varint() if tag & 7 == 2 else {1: 8, 5: 4}[tag & 7]
            found[tag >> 3], at = message[at:at + size], at + size
    return found


class Frames:
    """An upgraded connection to one member. With the cluster's secret, both sides prove that they know it."""

    def __init__(self, member, secret=None):  # such as "127.0.0.1:9999"
        host, port = member.rsplit(":", 1)
        self.conn = socket.create_connection((host.strip("[]"), int(port)), timeout=5)
        self.incoming = self.conn.makefile("rb")
        nonce = secrets.token_hex(16)
        self.conn.sendall((f"GET /_gocache/ HTTP/1.1\r\nHost: {member}\r\nConnection: Upgrade\r\nUpgrade: gocache\r\n"
                           f"Gocache-Frames: 1\r\nGocache-Nonce: {nonce}\r\n\r\n").encode())
        status = self.incoming.readline()
        header = dict(line.decode().strip().split(": ", 1) for line in iter(self.incoming.readline, b"\r\n"))
        if b" 101 " not in status:
            raise ConnectionError(f"it speaks no frames: {status!r}")
        if secret is None:
            self.send(PING, number(1, 0))  # else a member with a secret waits for a proof
            return
        key = hmac.digest(hmac.digest(bytes(32), secret, "sha256"), b"p2pcache http 1\x01", "sha256")  # HKDF-SHA256

        def proof(side):
            words = ["gocache frames", "1", side, member, header["Gocache-Session"], nonce, header["Gocache-Nonce"]]
            return hmac.digest(key, "".join(word + "\n" for word in words).encode(), "sha256")

        if not hmac.compare_digest(header.get("Gocache-Proof", ""), proof("server").hex()):
            raise ConnectionError("it does not know the secret")
        self.send(PROOF, text(1, proof("client")))

    def send(self, kind, message):
        self.conn.sendall(struct.pack(">IB", len(message) + 1, kind) + message)

    def receive(self):
        size, kind = struct.unpack(">IB", self.incoming.read(5))
        return kind, self.incoming.read(size - 1)

    def get_many(self, group, keys, timeout_ms=5000):
        """The values that there are, by key, and the keys whose values are large: those are better got one by one."""
        for i, key in enumerate(keys):
            self.send(REQUEST, number(1, i) + text(3, group) + text(4, key) + number(5, timeout_ms))
        found, large, waiting = {}, [], len(keys)
        while waiting > 0:
            kind, message = self.receive()
            said = fields(message)
            if kind == PING:
                self.send(PONG, message)
            elif kind == LARGE:  # the reply waits for a connection for large ones, which this is none of
                self.send(CANCEL, message)
                large.append(keys[said.get(1, 0)])
                waiting -= 1
            elif kind == REPLY:
                code = said.get(1, OK)
                if code == OK:
                    found[keys[said.get(9, 0)]] = said.get(8, b"")
                elif code != NOT_FOUND:
                    raise OSError(f"code {code}: {said.get(2, b'').decode()}")
                waiting -= 1
        return found, large


if __name__ == "__main__":
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--secret-file", type=argparse.FileType("rb"), help="the cluster's")
    args.add_argument("member", help="such as 127.0.0.1:9999")
    args.add_argument("group")
    args.add_argument("key", nargs="+")
    args = args.parse_args()
    secret = args.secret_file and args.secret_file.readline().strip()
    found, large = Frames(args.member, secret).get_many(args.group.encode(), [key.encode() for key in args.key])
    for key in large:
        found[key] = Cache("http://" + args.member).get(args.group, key.decode())
    for key, value in found.items():
        sys.stdout.buffer.write(key + b"\t" + value + b"\n")
