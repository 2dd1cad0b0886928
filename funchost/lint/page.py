"""The page ``docs/lint.md``, made from the registry: ``python -m funchost.lint.page docs/lint.md`` writes it."""

from __future__ import annotations

import sys
from pathlib import Path

from funchost.lint.reports import explanation
from funchost.lint.rules import RULES

_HEAD = """\
# The determinism linter

An orchestrator is run again from its first line whenever something it waited for has happened, and must then do
exactly what it did before. `funchost lint` reads an app's text and finds what would make it do something else, or
wait for ever. It imports nothing of the app and runs none of its code.

```console
$ funchost lint                    # the app in this folder
$ funchost lint path/to/app --fix  # repair what can be repaired safely
$ funchost lint --explain DF006    # what a rule means
```

The exit code is 0 when nothing is found, 1 when something is, 2 when the command is misused.

## What is read

Orchestrators of both programming models: functions under `@app.orchestration_trigger(...)` of any app or
blueprint, and those that `df.Orchestrator.create` or a `function.json` names. From there the linter follows every
call of a function, method or class of the app, through aliases and across files, and reports a line where it
stands, with the way from the orchestrator to it. Activities, entities and other functions may do what they like.

What cannot be seen in the text is not reported: values that come out of containers, functions that are passed
around, and packages other than the well-known ones. Settings that a module reads when it is imported are not
reported either, though a deployment may change them.

An app is always read as a whole. With files named on the command line, findings are those that are in them or pass
through them.

## Choosing rules

`--select DF001,DF01` reports only rules whose code begins so, `--ignore DF013` all but these. A comment on the line
switches a rule off, or all of them:

```python
    started = datetime.now()  # noqa: DF001
```

## Repairs

`--fix` changes only what leaves the meaning as it is but for being deterministic, or what could never have worked;
the rest of the file stays as it was, to the line ends. Instances that are running were recorded with the old code:
let them finish before you deploy a repair, as with any change to an orchestrator.

## Other programs

`--format json` is for scripts. `--format sarif` writes SARIF 2.1.0, for code scanning and editors:

```yaml
- run: funchost lint --format sarif > lint.sarif
  continue-on-error: true
- uses: github/codeql-action/upload-sarif@v3
  with:
    sarif_file: lint.sarif
```

For [pre-commit](https://pre-commit.com), in `.pre-commit-config.yaml`:

```yaml
- repo: local
  hooks:
    - id: funchost-lint
      name: funchost lint
      entry: funchost lint
      language: system
      types: [python]
      pass_filenames: false
```

This repository is a hook repository too: with its address under `repo:` and a tag under `rev:`, the hook's id is
`funchost-lint`. Options go under `args:`.

## Rules

| code | name | it reports | severity | `--fix` |
| --- | --- | --- | --- | --- |
"""


def page() -> str:
    """The whole page."""
    rows = [
        f"| [{rule.code}](#{rule.code.lower()}-{rule.name}) | {rule.name} | {rule.title} | "
        f"{rule.severity}{', if asked for' if rule.opt_in else ''} | {'yes' if rule.fix else ''} |\n"
        for rule in RULES.values()
    ]
    explanations = "\n\n".join(explanation(rule) for rule in RULES.values())
    return f"{_HEAD}{''.join(rows)}\n{explanations}\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
