"""Planted bugs: does a lesson notice when one of its lines is wrong?

Each lesson brings a list ``MUTATIONS`` in ``lesson_NN.py``: one line changed, and a piece of the
message with which an ``assert`` of the lesson must stop. ``python -m tests.planted 07`` tries them.
"""
