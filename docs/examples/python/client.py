"""Reads and writes values of a p2pcache cluster. Any member answers for every key; one that is down is skipped."""
import sys
import urllib.error
import urllib.parse
import urllib.request


class Cache:
    def __init__(self, *members):  # such as "http://127.0.0.1:9999"
        self.members = members

    def _ask(self, method, group, key, body=None):
        path = f"/_gocache/{urllib.parse.quote(group, safe='')}/{urllib.parse.quote(key, safe='')}"
        for member in self.members:
            try:
                return urllib.request.urlopen(urllib.request.Request(member + path, body, method=method), timeout=5).read()
            except urllib.error.HTTPError as err:
                if err.code == 404 and err.headers.get("Gocache-Error") == "not-found":
                    return None
                raise  # the cluster has answered: another member would say the same
            except OSError as err:
                down = err
        raise down

    def get(self, group, key): return self._ask("GET", group, key)
    def put(self, group, key, value): self._ask("PUT", group, key, value)
    def remove(self, group, key): self._ask("DELETE", group, key)


if __name__ == "__main__":  # client.py MEMBER... GROUP KEY
    *members, group, key = sys.argv[1:]
    value = Cache(*members).get(group, key)
    sys.exit(4) if value is None else sys.stdout.buffer.write(value)
