"""Serve the built book on this machine, and open it in the reader's browser."""

import functools
import http.server
import threading
import webbrowser
from pathlib import Path

SITE = Path(__file__).parents[1] / "_build" / "html"


def listen(port):
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=SITE)
    return http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)


if __name__ == "__main__":
    try:
        server = listen(8000)
    except OSError:  # somebody else's: take any that is free
        server = listen(0)
    address = f"http://localhost:{server.server_port}/"
    print(f"Reading at {address} (Ctrl+C ends it)", flush=True)
    threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
