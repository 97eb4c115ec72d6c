"""`wiredesk mail`: hand in the mails of a mail box."""

from __future__ import annotations

import logging
import signal
import sys
import threading

import click

from wiredesk.worker import db, events, health, logs
from wiredesk.worker.cli import output
from wiredesk.worker.errors import SettingsError
from wiredesk.worker.inbox.imap import Address, read_address
from wiredesk.worker.inbox.mail_box import MailBox
from wiredesk.worker.machine.services import MAIL
from wiredesk.worker.migrate import require_current
from wiredesk.worker.settings import Settings, load

log = logging.getLogger(__name__)


@click.command("mail")
@click.option("--source", metavar="S", help="The publisher of every mail. [default: what the copy in it says]")
@click.option(
    "--once", is_flag=True, help="Take the mails that are there, and end; fails where the server can't be used."
)
def mail(source: str | None, once: bool) -> None:
    """Hand in every mail that arrives in the mail box of the setting `mail_url`, until a signal.

    Mails stay where they are, or are moved to `mail_done_folder`; refused ones are flagged, and moved to
    `mail_refused_folder`, also when they are rejected later. A kill at any time loses and repeats nothing.
    """
    settings = load()
    address = _address(settings)
    with db.alone(settings.require_database()) as connection:
        require_current(connection)
    logs.configure("columns" if sys.stderr.isatty() else settings.log_format, settings.log_level, service=MAIL.name)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, lambda *_: stopping.set())
    box = MailBox(address, settings, stopping, health.leave_signs_as(MAIL.name), source)
    if once:
        box.take_once()
        output.say(f"{box.counts.taken:,} taken, {box.counts.refused:,} refused")
        return
    log.info(events.WORKER_READY, extra={"queues": [address.name], "reader": "mail"})
    box.run()
    log.info(events.WORKER_STOPPED)


def _address(settings: Settings) -> Address:
    if not settings.mail_url:
        raise SettingsError("no mail box: set WIREDESK_MAIL_URL, or WIREDESK_MAIL_URL_FILE to a file that holds it")
    address = read_address(settings.mail_url)
    folders = [address.folder, *filter(None, (settings.mail_done_folder, settings.mail_refused_folder))]
    if len(set(folders)) < len(folders):
        raise SettingsError(
            "the folder of WIREDESK_MAIL_URL, WIREDESK_MAIL_DONE_FOLDER and WIREDESK_MAIL_REFUSED_FOLDER must differ"
        )
    return address
