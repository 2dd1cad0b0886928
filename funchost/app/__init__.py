"""Finds and describes functions: v2 (``function_app.py``) and v1 (``function.json``) become one index.

Imported by worker processes under the app's own interpreter: standard library only.
"""
