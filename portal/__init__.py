"""Milepost: a self-hosted client portal for milestone work."""

from __future__ import annotations

import gc

# Loading makes thousands of things that stay, and no garbage: to look for some takes a fifth of the start.
gc.disable()

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from portal import blueprints, config, db, listeners, live, logs
from portal.adapters import keys, outside, storage
from portal.config import Config
from portal.services import calls
from portal.web import actor, assets, errors, gatehouse, headers, htmx, language, looks, talk, templating
from portal.web.installation import Installation, close_db

gc.enable()

MAX_FORM_BYTES = 12 * 1024 * 1024


def create_app(settings: Config | None = None) -> Flask:
    """The application: settings → database → web → blueprints → listeners. Refuses to start without a policy."""
    settings = settings or config.load()
    app = Flask("portal", root_path=str(Path(__file__).parent))
    app.jinja_environment = templating.Environment
    logs.configure()
    _configure(app, settings)
    _install(app, settings)
    gatehouse.require_policies(app)
    return app


def _configure(app: Flask, settings: Config) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="__Host-milepost" if settings.secure else "milepost",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(days=30),
        MAX_CONTENT_LENGTH=MAX_FORM_BYTES,
        TRUSTED_HOSTS=[urlsplit(f"//{host}").hostname for host in settings.allowed_hosts],
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]  # as documented


def _install(app: Flask, settings: Config) -> None:
    engine, ring = db.make_engine(settings.database_url), keys.load(settings)
    files = storage.LocalStorage(settings.storage_root)
    domain = settings.mail_from.rpartition("@")[2]
    beyond = outside.Outside(ring, settings.base_url, domain, files, settings.mail_reply_to)
    sessions = db.make_sessions(engine, outside=beyond, note=calls.note, tell=listeners.teller(app))
    app.extensions["milepost"] = Installation(settings, engine, sessions, ring)
    htmx.init_app(app)
    headers.init_app(app)
    forgeries = CSRFProtect(app)
    actor.init_app(app)
    language.init_app(app)
    assets.init_app(app)
    looks.init_app(app)
    talk.init_app(app)
    errors.init_app(app)
    app.before_request(gatehouse.check)
    app.teardown_appcontext(close_db)
    for blueprint in blueprints.blueprints():
        app.register_blueprint(blueprint)
    live.init_app(app)
    for view in gatehouse.opened_by_token(app):
        forgeries.exempt(view)
