"""Runs user code: in this process (tests, debugger) or in worker processes (``start``).

A worker process imports only the standard library, this room, ``funchost.app`` and the app's own packages.
"""
