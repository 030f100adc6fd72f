"""Lessons to take along: HTML decks that need no network, and handouts as PDF.

One job per module: ``page`` (a notebook as one HTML file that needs nothing else), ``slides``
(the decks), ``handout`` (the PDF files), ``chromium`` (print a page), ``lessons`` (which notebooks,
where to, and what is said meanwhile). They need the extra ``lab``; no lesson loads them.
"""
