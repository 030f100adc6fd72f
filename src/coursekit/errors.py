"""The base of the errors that speak to a student."""

__all__ = ["CourseError"]


class CourseError(Exception):
    """Something the reader can put right; the message says what is wrong and what to do.

    ``python -m coursekit`` prints such a message alone, without a traceback.

    Example:
        >>> raise CourseError("There is no lesson 42; choose 00 to 13.")
        Traceback (most recent call last):
        coursekit.errors.CourseError: There is no lesson 42; choose 00 to 13.
    """
