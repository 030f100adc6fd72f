"""The course's colours, in one place.

Okabe and Ito's palette (*Color Universal Design*, 2008): told apart with every common kind of
colour blindness. Pictures add line style, marker or hatching, so that they also work in grey.

Example:
    >>> from coursekit.palette import CYCLE
    >>> CYCLE[0]
    '#0072B2'
"""

BLUE = "#0072B2"
ORANGE = "#D55E00"
GREEN = "#009E73"
PINK = "#CC79A7"
YELLOW = "#E69F00"
SKY = "#56B4E9"
BLACK = "#222222"
GREY = "#767676"

#: Order in which series of one plot take their colours: neighbours differ most in lightness too.
CYCLE = (BLUE, ORANGE, GREEN, PINK, YELLOW, SKY, BLACK)
