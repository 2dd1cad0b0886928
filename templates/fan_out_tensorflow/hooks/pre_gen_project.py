"""Refuse answers that cannot become an app, before anything is written.

Cookiecutter renders this file and runs the copy, so the braces below are Python literals by then.
"""

import re
import sys

SLUG = {{ cookiecutter.slug.__repr__() }}
PYTHON_VERSION = {{ cookiecutter.python_version.__repr__() }}
SUPPORTED = {{ cookiecutter._python_versions }}

# Azure takes 2 to 60 letters, digits and inner hyphens; 40 leave room for the task hub's name, which
# is made from the slug and may have 45.
SLUG_PATTERN = re.compile(r"[a-z](-?[a-z0-9]+)*")
# Windows keeps these for devices: no folder can have such a name there.
DEVICE = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]")


def suggestion(slug):
    """The nearest slug that would have been accepted."""
    words = re.findall(r"[a-z0-9]+", slug.lower())
    text = "-".join(words).lstrip("-0123456789")[:40].rstrip("-")
    if DEVICE.fullmatch(text):
        return f"my-{text}"
    return text if len(text) >= 3 else "my-durable-app"


def suggested_python(python_version, supported):
    """The supported version that was probably meant: 3.11 for 3.11.7, else one in the middle."""
    minor = ".".join(python_version.split(".")[:2])
    return minor if minor in supported else supported[len(supported) // 2]


def problems(slug, python_version, supported):
    """Yield one sentence per unusable answer, each with what to type instead."""
    if not (3 <= len(slug) <= 40 and SLUG_PATTERN.fullmatch(slug)):
        yield (
            f"slug {slug!r} is not usable as an app's name: 3 to 40 lower-case letters, digits and single "
            f"hyphens, a letter first. Type, for example: slug={suggestion(slug)}"
        )
    elif DEVICE.fullmatch(slug):
        yield (
            f"slug {slug!r} is not usable as an app's name: Windows keeps it for a device. "
            f"Type, for example: slug={suggestion(slug)}"
        )
    if python_version not in supported:
        yield (
            f"python_version {python_version!r} is not one that the app's packages support "
            f"({', '.join(supported)}). Type, for example: python_version={suggested_python(python_version, supported)}"
        )


if __name__ == "__main__":
    found = list(problems(SLUG, PYTHON_VERSION, SUPPORTED))
    for problem in found:
        print(f"ERROR: {problem}", file=sys.stderr)
    sys.exit(1 if found else 0)
