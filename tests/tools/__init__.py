"""Developer tools of the course: refresh, lint, authoring form, deck walker (never in the wheel)."""
