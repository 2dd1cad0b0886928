"""Accounts, kept in a package of their own and registered as a blueprint."""
