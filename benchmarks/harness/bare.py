"""The least a page like ours can cost in Flask: five Core queries on the same database and a page of the same size.

Run as `python -m benchmarks.harness.bare DATABASE PORT`; served by the same server with the same settings as Milepost.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from sqlalchemy import bindparam, create_engine, text

from portal import config, server

QUERIES = [
    "SELECT id, title, price_minor FROM projects LIMIT 1",
    "SELECT id, title, due_on, amount_minor FROM milestones ORDER BY position LIMIT 10",
    "SELECT id, name, bytes AS size_bytes, sha256 FROM deliverables LIMIT 50",
    "SELECT seq, kind, at FROM entries ORDER BY seq DESC LIMIT 30",
    "SELECT id, name FROM clients LIMIT :most",
]
PAGE = """<!doctype html><title>{{ project.title }}</title><h1>{{ project.title }}</h1>
<ul>{% for step in steps %}<li><a href="/milestones/{{ loop.index }}">{{ step.title }}</a>
 {{ step.due_on }} {{ step.amount_minor }}</li>{% endfor %}</ul>
<table>{% for file in files %}<tr><td>{{ file.name }}</td>
 <td>{{ file.size_bytes }}</td><td>{{ file.sha256 }}</td></tr>{% endfor %}</table>
<ol>{% for entry in entries %}<li>{{ entry.seq }} {{ entry.kind }} {{ entry.at }}</li>{% endfor %}</ol>
<p>{% for client in clients %}{{ client.name }} {% endfor %}</p>{{ filler }}"""


def make(database: str) -> Flask:
    """An application with one page."""
    app, engine = Flask(__name__), create_engine(f"sqlite:///{database}")
    template = app.jinja_env.from_string(PAGE)
    statements = [text(query) for query in QUERIES]
    statements[-1] = statements[-1].bindparams(bindparam("most", 5))

    @app.get("/")
    def page() -> str:
        with engine.connect() as connection:
            project, steps, files, entries, clients = (connection.execute(each).all() for each in statements)
        return template.render(
            project=project[0], steps=steps, files=files, entries=entries, clients=clients, filler="x" * 4000
        )

    return app


class Bare(BaseApplication):
    """Gunicorn as portal.server sets it, without the jobs."""

    def __init__(self, database: str, port: str) -> None:
        self.database = database
        self.settings = config.load({"PORT": port}, instance=Path(database).parent / "bare")
        super().__init__(prog="bare")

    def load_config(self) -> None:
        """Called by gunicorn."""
        for name, value in server.options(self.settings).items():
            if not name.startswith(("post_worker", "worker_exit")):
                self.cfg.set(name, value)

    def load(self) -> Any:
        """Called by gunicorn in the worker process."""
        return make(self.database)


if __name__ == "__main__":
    Bare(sys.argv[1], sys.argv[2]).run()
