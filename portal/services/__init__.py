"""Verbs. One public function is one intention of a person and one transaction."""
