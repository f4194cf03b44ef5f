"""What all blueprints share: who is asking, sessions, answers to htmx, errors, headers, filters."""
