"""As much of Colab's own package as the set-up cell of a handed-out lesson uses."""
