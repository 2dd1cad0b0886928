"""The labs, one package each: README.md to read, lab.py for what is changed in the baked app, checks.py."""
