"""Kills hosts and workers at chosen points of their work, and looks for anything that is lost by it.

``python -m tests.crash --points 300`` runs it in full; ``test_crash.py`` is a short run of the same.
"""
