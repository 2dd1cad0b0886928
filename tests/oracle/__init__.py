"""funchost's worker beside Microsoft's: the same apps, indexed and invoked by both.

The published packages ``azure-functions-runtime`` and ``azure-functions-runtime-v1`` are the code that indexes and
runs functions on Azure from Python 3.13 on. ``nox -s oracle`` installs them.
"""
