"""The form a project is written with: blank or from a starter, its rows edited, its parts computed while typing."""

from __future__ import annotations

from portal.blueprints.project_forms.routes import bp as bp
