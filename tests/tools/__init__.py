"""Developer tools of the course: refresh, lint, authoring form, decks (never in the wheel)."""
