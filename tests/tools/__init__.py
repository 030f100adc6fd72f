"""Developer tools of the course; nothing here is in the wheel.

    python -m tests.tools.refresh [NB …]     run, normalise and save notebooks
    python -m tests.tools.lint [NB …]        check what a lesson promises
    python -m tests.tools.walk_deck [NB …]   show them as slides in a browser and measure
    python -m tests.tools.author to-py NB    a lesson as a Python file to edit; to-nb turns it back

``NB`` is a path or a lesson's number; without it each tool takes every lesson.
"""
