"""The server of the page: on this machine only, for those who know its address."""

from __future__ import annotations

import asyncio
import logging
import secrets
import sys
from collections.abc import Callable
from typing import Any

from bokeh.application import Application
from bokeh.application.handlers import FunctionHandler
from bokeh.server.server import BaseServer
from bokeh.server.tornado import BokehTornado
from bokeh.server.util import bind_sockets
from bokeh.server.views.ws import WSHandler
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop, PeriodicCallback

from doya.explorer.layout import background
from doya.explorer.looks import LOOKS
from doya.explorer.page import Page, Writer
from doya.explorer.readiness import prepare
from doya.explorer.view import View, read

HOST = "127.0.0.1"
# A message of the page is short; a longer one is refused.
LONGEST_MESSAGE = 1_000_000
# Milliseconds until a session without a page is ended, and between two looks for them.
UNUSED, LOOK = 5000, 3000
# Milliseconds after which the loop looks around, even if there is nothing to do.
AWAKE = 100
# Longest turn of a computing thread while the loop waits for its own, in seconds.
TURN = 0.001
TEMPLATE = """
{% block preamble %}
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>{{ background }}</style>
{% endblock %}
"""


class PromptSocket(WSHandler):  # type: ignore[misc]
    """A socket that sends each part of a message at once.

    The usual ones wait until the browser has acknowledged the part before, which takes 40 ms.
    """

    def open(self) -> None:
        super().open()
        self.set_nodelay(True)


class Explorer:
    """A server of pages; `address` is where they are.

    Parameters
    ----------
    view : View
        What a page shows whose link has no query.
    port : int
        Port to listen at; 0 for any that is free.
    write : callable, optional
        Makes the files that a page saves.
    """

    def __init__(self, view: View, port: int = 0, write: Writer | None = None) -> None:
        _silence()
        # `IOLoop()` asks for a loop before it, and Pythons 3.12 and 3.13 warn where there is none.
        self._loop = IOLoop(make_current=False)
        asyncio.set_event_loop(self._loop.asyncio_loop)
        sockets, self.port = bind_sockets(HOST, port)
        # Other users of this machine can reach the port, but they do not know the path.
        self._path = secrets.token_urlsafe(16)
        tornado = BokehTornado(
            {"/": Application(FunctionHandler(_document_of(view, write)))},
            prefix=self._path,
            extra_websocket_origins=[f"{HOST}:{self.port}"],
            websocket_max_message_size_bytes=LONGEST_MESSAGE,
            unused_session_lifetime_milliseconds=UNUSED,
            check_unused_sessions_milliseconds=LOOK,
            generate_session_ids=True,
        )
        for rule in tornado.wildcard_router.rules:
            if rule.target is WSHandler:
                rule.target = PromptSocket
        http = HTTPServer(tornado)
        http.add_sockets(sockets)
        self._server = BaseServer(self._loop, tornado, http)
        self.address = f"http://{HOST}:{self.port}/{self._path}/?{view.query()}"

    def run(self) -> None:
        """Serve until `stop` is called or the program is interrupted."""
        sys.setswitchinterval(TURN)
        prepare()
        self._server.start()
        # Another thread may get the signal of Ctrl-C; this one has to be awake to act on it.
        PeriodicCallback(lambda: None, AWAKE).start()
        try:
            self._loop.start()
        finally:
            self._server.stop()
            asyncio.set_event_loop(None)
            self._loop.close(all_fds=True)

    def stop(self) -> None:
        """Have `run` end; from any thread."""
        self._loop.add_callback(self._loop.stop)


def _document_of(view: View, write: Writer | None) -> Callable[[Any], None]:
    """Return what fills the document of a new session."""

    def fill(doc: Any) -> None:
        request = doc.session_context.request
        query = request.uri.partition("?")[2] if request else ""
        shown, problems = read(query) if query else (view, [])
        doc.template = TEMPLATE
        doc.template_variables["background"] = background(LOOKS[shown.style])
        Page(doc, shown, problems, write)

    return fill


def _silence() -> None:
    """Have nothing but the program's own words written: no log, and no traceback of a request."""
    for name in ("bokeh", "tornado"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
