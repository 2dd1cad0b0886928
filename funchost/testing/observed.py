"""One run of an orchestrator over a history, watched: what it asked for, when, and at which line it stood.

The SDK does the replay. The user's generator is wrapped so that each ``yield`` passes through here, and two methods
of the SDK's context are listened to on the one context used; what a future SDK no longer has there costs line
numbers, never the comparison itself.
"""

from __future__ import annotations

import bisect
import json
import linecache
import sys
import traceback
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import CodeType, FrameType, GeneratorType
from typing import Any

from funchost.engine.actions import digest, leaves
from funchost.model.actions import CallActivity, CallHttp, CallSubOrchestrator, CreateTimer, OrchestratorAction
from funchost.wire.out_of_proc import ReplyError, decode_failure, decode_reply


@dataclass(frozen=True, slots=True)
class Position:
    """A line of the user's code. ``outer`` are the lines of ``yield from`` by which it got there, inmost first."""

    file: str
    line: int
    function: str
    outer: tuple[Position, ...] = ()

    @property
    def source(self) -> str:
        return linecache.getline(self.file, self.line).strip()

    def __str__(self) -> str:
        return f"{Path(self.file).name}:{self.line}"


@dataclass(frozen=True, slots=True)
class Asked:
    """Something the code asked for: in words, in which episode (from 1), and at which line."""

    text: str
    episode: int
    position: Position | None


@dataclass(slots=True)
class Observation:
    """What a run showed.

    ``actions`` are as ``engine.actions.digest`` names them. ``cancels`` are numbers, from 0, of the timers it
    created. ``numbered`` is what each of the SDK's sequence numbers stands for, with its input where it has one;
    None in place of a text: not known. ``ending`` is None where it still waits; ``failure`` says why it ends so.
    """

    actions: list[Asked] = field(default_factory=list)
    cancels: list[tuple[int, Asked]] = field(default_factory=list)
    numbered: dict[int, tuple[str | None, str | None, Position | None]] = field(default_factory=dict)
    ending: Asked | None = None
    stands_at: Position | None = None
    failure: str = ""
    fires_at: list[datetime] = field(default_factory=list)


def observe(handle: Callable[[Any], str], context_text: str, episodes: Sequence[datetime]) -> Observation:
    """Run an orchestrator once over a whole history.

    Args:
        handle: The registered function, as ``azure.durable_functions`` makes it.
        context_text: The trigger value.
        episodes: When each episode began, oldest first; tells in which one something was asked for.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the SDK warns where a history does not fit; the comparison says it better
        return _Watch(episodes).run(handle, context_text)


class _Watch:
    def __init__(self, episodes: Sequence[datetime]) -> None:
        self._episodes = episodes
        self._seen = Observation()
        self._context: Any = None
        self._positions: list[tuple[Position | None, int]] = []
        self._timers: list[Any] = []
        self._is_running = False
        self._returned_at: Position | None = None

    def run(self, handle: Callable[[Any], str], context_text: str) -> Observation:
        # The app's own SDK, which is on the path only while its app is loaded.
        from azure.durable_functions import DurableOrchestrationContext, Orchestrator

        context = DurableOrchestrationContext.from_json(context_text)
        context._input_expected_type = getattr(handle, "_df_input_type", None)
        self._context = context
        self._listen("_add_to_actions", self._on_action)
        self._listen("_add_to_open_tasks", self._on_task)
        user_function = getattr(handle, "orchestrator_function", None)
        try:
            if user_function is None:
                reply = decode_reply(handle(context_text))
            else:
                reply = decode_reply(Orchestrator(self._watched(user_function)).handle(context))
        except ReplyError as error:
            reply = decode_failure(str(error))
        except Exception as error:
            reply = decode_failure(str(error))
            self._fail(error.__cause__ or error)
        seen = self._seen
        actions = reply.actions or ()
        for action, (position, episode) in zip(actions, self._where(len(actions)), strict=True):
            seen.actions.append(Asked(digest(action), episode, position))
        continued = bool(actions) and seen.actions[-1].text == "continue-as-new"
        if reply.error is not None:
            seen.ending = Asked("fails", self._episode(), seen.stands_at)
            seen.failure = seen.failure or reply.error
        elif reply.is_done and not continued:
            seen.ending = Asked("returns", self._episode(), self._returned_at or seen.stands_at)
        seen.fires_at = [leaf.fire_at for leaf in leaves(actions) if isinstance(leaf, CreateTimer)]
        return seen

    def _where(self, count: int) -> list[tuple[Position | None, int]]:
        known = self._positions[:count]
        return known + [(None, self._episode())] * (count - len(known))

    # -- The user's code ------------------------------------------------------------------------------------

    def _watched(self, user_function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def orchestrator(context: Any) -> Any:
            with self._running():
                made = user_function(context)
            return self._follow(made) if isinstance(made, GeneratorType) else made

        return orchestrator

    def _follow(self, generator: GeneratorType[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """Pass everything between the SDK and the user's generator on, noting where it stands."""
        answer: Any = None
        error: BaseException | None = None
        while True:
            try:
                with self._running(generator.gi_code):
                    task = generator.throw(error) if error is not None else generator.send(answer)
            except StopIteration as stop:
                self._note_cancels()
                return stop.value
            except BaseException as raised:
                self._fail(raised)
                raise
            self._seen.stands_at = _suspended(generator)
            self._note_cancels()
            try:
                answer, error = (yield task), None
            except Exception as thrown:
                error = thrown

    def _running(self, code: CodeType | None = None) -> _Running:
        return _Running(self, code)

    def _fail(self, error: BaseException) -> None:
        """Keep the user's part of a traceback."""
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_machinery(frame.filename)]
        if frames and not self._seen.failure:
            last = frames[-1]
            self._seen.stands_at = Position(last.filename, last.lineno or 0, last.name)
            lines = [*traceback.format_list(frames), *traceback.format_exception_only(type(error), error)]
            self._seen.failure = "".join(lines).partition("\n\n$OutOfProcData$:")[0]

    # -- The SDK's context ----------------------------------------------------------------------------------

    def _listen(self, method: str, heard: Callable[[Any], None]) -> None:
        """Have ``heard`` called before a method of the context, where it has such a method."""
        original = getattr(self._context, method, None)
        if original is None:
            return

        def listening(argument: Any) -> Any:
            heard(argument)
            return original(argument)

        setattr(self._context, method, listening)

    def _on_action(self, action: Any) -> None:
        if getattr(self._context, "will_continue_as_new", False):
            return  # nothing is recorded any more
        position = self._position()
        self._positions.append((position, self._episode()))
        self._timers += list(_timer_actions(action))
        if self._is_running:  # recorded at the call: a signal, or continue-as-new, which has no number of interest
            text, value = _described(action)
            if text != "continue-as-new":
                self._seen.numbered[self._context._sequence_number] = (text, value, position)

    def _on_task(self, task: Any) -> None:
        if hasattr(task, "children") or task.id is not None or getattr(task, "_is_scheduled", False):
            return  # a group, whose children are numbered one by one, or a wait, which has no number
        text, value = _described(task.action_repr)
        if text is None:  # a retry: its timer, or the next attempt of what its parent tries
            again = "rescheduled" in str(getattr(task.action_repr, "metadata", ""))
            text, value = _described(getattr(task.parent, "actions", None)) if again else ("timer", None)
        self._seen.numbered[self._context._sequence_number] = (text, value, self._position())

    def _note_cancels(self) -> None:
        known = {number for number, _ in self._seen.cancels}
        for number, timer in enumerate(self._timers):
            if number not in known and getattr(timer, "is_cancelled", False):
                asked = Asked(f"cancel of timer {number + 1}", self._episode(), self._seen.stands_at)
                self._seen.cancels.append((number, asked))

    def _episode(self) -> int:
        return max(1, bisect.bisect_right(self._episodes, self._context.current_utc_datetime))

    def _position(self) -> Position | None:
        if not self._is_running:
            return self._seen.stands_at
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and _is_machinery(frame.f_code.co_filename):
            frame = frame.f_back
        return None if frame is None else Position(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)


class _Running:
    """While the user's code runs. Notes the line by which its function leaves: a return leaves no other trace."""

    def __init__(self, watch: _Watch, code: CodeType | None) -> None:
        self._watch, self._code = watch, code
        self._before: Any = None

    def __enter__(self) -> None:
        self._watch._is_running = True
        self._before = sys.getprofile()
        if self._code is not None and self._before is None:
            sys.setprofile(self._profile)

    def __exit__(self, *error: object) -> None:
        if self._code is not None and self._before is None:
            sys.setprofile(None)
        self._watch._is_running = False

    def _profile(self, frame: FrameType, event: str, argument: object) -> None:
        if event == "return" and frame.f_code is self._code:
            code = frame.f_code
            self._watch._returned_at = Position(code.co_filename, frame.f_lineno, code.co_name)


def _suspended(generator: Any) -> Position | None:
    """Where a generator stands, in the inmost of those it delegates to."""
    chain: list[Position] = []
    while isinstance(generator, GeneratorType) and generator.gi_frame is not None:
        code = generator.gi_code
        chain.append(Position(code.co_filename, generator.gi_frame.f_lineno, code.co_name))
        generator = generator.gi_yieldfrom
    if not chain:
        return None
    inmost = chain.pop()
    return Position(inmost.file, inmost.line, inmost.function, tuple(reversed(chain)))


def _is_machinery(filename: str) -> bool:
    parts = Path(filename).parts
    return "durable_functions" in parts or filename == __file__


def _timer_actions(action: Any) -> Iterator[Any]:
    """The timers in an action of the SDK's, in the order in which they are numbered."""
    for child in getattr(action, "compound_tasks", ()):
        yield from _timer_actions(child)
    if hasattr(action, "is_cancelled"):
        yield action


def _described(action: Any) -> tuple[str | None, str | None]:
    """An action of the SDK's in words, and its input; (None, None) for what has no place in a reply."""
    try:
        envelope = json.dumps({"isDone": False, "actions": [[action.to_json()]]})
        decoded = decode_reply(envelope).actions
    except Exception:  # a NoOpAction, which stands for retries, refuses to become JSON
        return None, None
    return (digest(decoded[0]), input_of(decoded[0])) if decoded else (None, None)


def input_of(action: OrchestratorAction) -> str | None:
    """The input an action hands over, where that tells it from its like."""
    if isinstance(action, CallActivity | CallSubOrchestrator):
        return action.input
    return action.request if isinstance(action, CallHttp) else None
