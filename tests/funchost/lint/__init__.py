"""Tests of the determinism linter."""
