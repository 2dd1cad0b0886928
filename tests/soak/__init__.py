"""Mixed load for a long time: memory flat, files bounded, nothing stuck.

``python -m tests.soak --minutes 60`` runs it in full; ``test_soak.py`` is half a minute of the same.
"""
