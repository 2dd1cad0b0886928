"""What the documentation's site generator (Sphinx) is taught: its navigation, and diagrams that need no network."""
