"""What a command says on stdout, and what becomes of it where nobody can take that.

The rule to know: a result that is not delivered is a fault; only the appliance goes on without.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper

from tqdm import tqdm

from appliance.errors import OutputError

log = logging.getLogger(__name__)


class Stdout(TextIOWrapper):
    """Stdout that tells in our words why it takes no more; what follows is thrown away.

    Raises:
        OutputError: a disk is full, a descriptor closed; `write` and `flush` raise it.
        BrokenPipeError: whoever read it has gone, as in `gatepost ... | head`.
    """

    def write(self, text: str, /) -> int:
        """As of any stream."""
        with self._naming_it():
            return super().write(text)

    def flush(self) -> None:
        """As of any stream."""
        with self._naming_it():
            super().flush()

    @contextmanager
    def _naming_it(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as fault:
            self._throw_away()
            raise OutputError(f"stdout cannot be written: {fault.strerror}") from fault

    def _throw_away(self) -> None:
        """The interpreter would try again at its end, with a traceback."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)


def take_stdout() -> None:
    """Let stdout be a `Stdout`, also where it was closed (`>&-`), and stderr be there.

    Where one was closed the next file to be opened would become descriptor 1 or 2, and a library
    that prints would write into the database.  /dev/null takes its place: read only for stdout, so
    that whoever prints is told.
    """
    for name, way in (("stdout", os.O_RDONLY), ("stderr", os.O_WRONLY)):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, way), "w"))
    if type(sys.stdout) is TextIOWrapper:  # a test has one of its own
        lines, through = sys.stdout.line_buffering, sys.stdout.write_through
        encoding, binary = sys.stdout.encoding, sys.stdout.detach()
        # a file may have a name that is not UTF-8
        sys.stdout = Stdout(binary, encoding, "backslashreplace", None, lines, through)


def say(line: str) -> None:
    """A line on stdout that does not run into a progress bar on stderr."""
    tqdm.write(line, file=sys.stdout)
    sys.stdout.flush()


def say_while_heard() -> Callable[[str], None]:
    """`say`, until stdout takes no more; that is logged once and is no fault."""
    is_heard = True

    def said(line: str) -> None:
        nonlocal is_heard
        try:
            if is_heard:
                say(line)
        except OutputError as fault:
            is_heard = False
            log.error("%s: passages are printed no more", fault)  # noqa: TRY400  # no bug of ours

    return said
