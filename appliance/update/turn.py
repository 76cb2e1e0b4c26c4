"""One turn with hawkBit: hear what it wants, do that, and tell what became of it.

    poll -> deploymentBase -> fetched -> on trial ... next turns ... good, or failed -> closed
         -> cancelAction   -> given up, unless the trial has begun
         -> configData     -> what the unit is

The rule to know: a turn may end anywhere, by the network or by the power, and the next one goes on
from what is remembered and from what the server says.
"""

from __future__ import annotations

import logging

from appliance.errors import ConfigurationError, SourceError, StoreError, UpdateError
from appliance.update.account import Account
from appliance.update.action import Memory, begun, heard, outcome, waits
from appliance.update.assigned import Here, deploy
from appliance.update.ddi import Base, Link
from appliance.update.hawkbit import HawkbitServer
from appliance.update.install import place_for
from appliance.update.progress import CanceledError

log = logging.getLogger(__name__)


def take_turn(here: Here, server: HawkbitServer, etag: str = "") -> tuple[Base | None, str]:
    """Do what is to be done now.

    Args:
        here: this unit.
        server: who is asked.
        etag: of the last poll; that nothing changed since counts only while nothing is open.

    Returns:
        What the server answered (None: nothing has changed), and the mark of that.

    Raises:
        SourceError: the server is away, or refuses us; the next turn goes on.
        StoreError: the card takes nothing.
    """
    account = Account(server, here.shelf)
    try:
        _settle(here, account)
        base, etag = server.poll(etag if account.memory.is_idle else "")
        if base is not None:
            _obey(here, account, base)
        asked = base is not None and base.links.attributes is not None
        account.describe(here.described, asked=asked)
    except OSError as fault:
        raise StoreError(
            f"{fault.filename or here.shelf.folder}: {fault.strerror or fault}"
        ) from fault
    return base, etag


def _settle(here: Here, account: Account) -> None:
    """Tell how a trial ended, once it has."""
    standing = here.shelf.standing()
    ended = outcome(account.memory, place_for(here.unit, standing), standing.last)
    if ended:
        account.close(ended.words, is_good=ended.is_good)


def _obey(here: Here, account: Account, base: Base) -> None:
    links = base.links
    if links.cancel:
        _stop(here, account, links.cancel)
    elif links.deployment and _is_due(here, account.memory, links.deployment):
        _carry_out(here, account, links.deployment)
    elif not links.deployment and not account.memory.installed:
        account.forget()  # a person has closed it there
    if links.confirmation:
        log.info("hawkbit: an action waits for a person's consent there")


def _is_due(here: Here, memory: Memory, link: Link) -> bool:
    """Whether something is to be done that was not done before."""
    return link.href != memory.waits_at or (memory.put_off and here.is_due)


def _carry_out(here: Here, account: Account, link: Link) -> None:
    wanted = account.server.deployment(link)
    if wanted is None:
        return  # the next poll says why
    account.keep(waits(begun(account.memory, wanted.id), ""))
    try:
        if not account.memory.installed:
            deploy(here, account, wanted, link)
        if account.memory.installed:
            account.keep(waits(account.memory, link.href))  # until its trial is over
    except CanceledError:
        base, _ = account.server.poll()
        if base and not base.links.deployment:
            _obey(here, account, base)
    except UpdateError as fault:
        account.close(str(fault), is_good=False)
    except (ConfigurationError, SourceError) as fault:
        account.tell("interrupted", "proceeding", f"it goes on later: {fault}")
        raise


def _stop(here: Here, account: Account, link: Link) -> None:
    """Answer a cancellation: it is honoured until the trial begins."""
    cancel = account.server.cancel(link)
    if cancel is None:
        return
    stopped, memory = cancel.action.stop, account.memory
    if stopped != memory.action:
        account.server.answer(stopped, "closed", "success", "nothing of it goes on here")
    elif _is_withdrawn(here, memory.version):
        account.server.answer(stopped, "closed", "success", "given up before its first start")
        account.forget()
    elif "rejected" not in memory.told:
        told = f"{memory.version} is on trial already: it is good soon, or left by itself"
        account.server.answer(stopped, "rejected", "none", told)
        account.keep(heard(memory, "rejected"))


def _is_withdrawn(here: Here, version: str) -> bool:
    """Whether this version will not be started any more; what has started goes on.

    A start that comes between the look and the giving up makes it a release that was left.
    """
    on_trial = here.shelf.standing().trial
    if not version or on_trial is None or on_trial.deployment.version != version:
        return True
    if on_trial.starts:
        return False
    here.give_up("hawkBit wants it no more")
    return True
