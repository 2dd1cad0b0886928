"""SQLite's errors in words that say what happened to a task hub and what to do about it."""

from __future__ import annotations

import sqlite3

from funchost.errors import StoreError

_KEPT = "Everything acknowledged before is kept."
_ELSEWHERE = "use another state folder: funchost start --state DIR"

# SQLite's message (the codes are only there from Python 3.11 on) and what we say instead.
_CAUSES = (
    (
        "disk is full",
        "There is no space left for the task hub in {place}. "
        + _KEPT
        + " Free some disk space and start again: funchost start",
    ),
    (
        "readonly",
        "The task hub in {place} cannot be written: the file or its folder is read-only. Make both writable "
        "for this user, or " + _ELSEWHERE,
    ),
    (
        "unable to open",
        "The task hub in {place} cannot be opened: it is a folder, or this user may not read and write it and "
        "its folder. Correct that, or " + _ELSEWHERE,
    ),
    (
        "not a database",
        "{place} is not a task hub: it is not a SQLite file. Move it away, or " + _ELSEWHERE,
    ),
    (
        "malformed",
        "The task hub in {place} is damaged. It was left as it is. Put back a copy of it, or move it away to "
        "begin with an empty one, or " + _ELSEWHERE,
    ),
    (
        "locked",
        "Another program holds the task hub in {place} open for writing. "
        + _KEPT
        + " Close that program and start again: funchost start",
    ),
    (
        "disk i/o error",
        "The disk failed to read or write the task hub in {place}. "
        + _KEPT
        + " Check the disk (is it still mounted, is there space?) and start again: funchost start",
    ),
)


def explain(error: Exception, place: str) -> StoreError:
    """The StoreError for an error met while using the hub at ``place``; ends with SQLite's own words."""
    said = str(error)
    for sign, text in _CAUSES:
        if sign in said.lower():
            return StoreError(f"{text.format(place=place)} (SQLite: {said})")
    return StoreError(
        f"The task hub in {place} cannot be used ({type(error).__name__}: {said}). {_KEPT} "
        f"Start again, or {_ELSEWHERE}"
    )


def damaged(place: str, finding: str) -> StoreError:
    """The StoreError for a file whose content contradicts itself; ``finding`` says where."""
    return explain(sqlite3.DatabaseError(f"database disk image is malformed: {finding}"), place)
