"""Commands to a station: what it can be told, the forms, what became of each.

A form that is sent waits for the station's answer in its own green thread, without a database
connection; who leaves meanwhile finds the outcome in the history.
"""

from __future__ import annotations

import contextlib
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField

from ... import clock
from ...commands.base import Command, Question, all_commands, find
from ...domain.roles import Role
from ...errors import (
    CallFailed,
    InvalidInput,
    NotFound,
    NothingToStop,
    NotSupportedByVersion,
    StationOffline,
)
from ...services import command_log, station_records
from ...services.station_records import StationView
from .. import auth
from ..api.commands import dispatcher
from ..forms import Form, IdTyped
from . import command_offers, command_results
from .area import Area
from .command_forms import CommandForm, form_for
from .command_parameters import as_texts, paragraphs

area = Area("commands")

ON_PAGE = 25
# How a command may fail; the history says it.
NOTED = (
    CallFailed,
    StationOffline,
    NotSupportedByVersion,
    NothingToStop,
    InvalidInput,
    NotFound,
)


class Confirmation(Form):
    """Says that a command is to be sent indeed; the values of the command are sent along."""

    confirmed = HiddenField(default="yes")
    typed_id = StringField(_l("Id of the station"))

    @classmethod
    def of(cls, question: Question, station: StationView) -> Confirmation:
        """Return the form for a question, with the id to type where it is a hard one."""
        form = cls(formdata=request.form if "confirmed" in request.form else None)
        if question.typed:
            form.typed_id.validators = [IdTyped(station.id)]
        else:
            del form.typed_id
        return form


@area.shows("/stations/<text:station_id>/commands", Role.VIEWER)
def listing(station_id: str) -> Any:
    """Show what the station can be told, and what it was told."""
    station = station_records.find(station_id)
    page = command_log.page(station_id, ON_PAGE, request.args.get("cursor"))
    lines = command_results.lines(page.items, clock.utcnow(), dispatcher().timeout_s)
    dialects = command_offers.dialects_of(station)
    offered = [each for each in all_commands() if each.speaks(dialects) and _may_send(each)]
    return render_template(
        "commands/list.html",
        station=station,
        offered=[(each, paragraphs(each)[0]) for each in offered],
        page=page,
        lines=lines,
        waiting=any(line.result.is_waiting for line in lines),
    )


@area.shows("/stations/<text:station_id>/commands/<name>", Role.OPERATOR)
def form(station_id: str, name: str) -> Any:
    """Show the form of a command, filled in with what the query says."""
    command = _permitted(name)
    station = station_records.find(station_id)
    return _form_page(station, command, _form_of(station, command).preset(request.args))


@area.does("/stations/<text:station_id>/commands/<name>", Role.OPERATOR)
def send(station_id: str, name: str) -> Any:
    """Ask back where the command wants it, else send it and wait for the station's answer."""
    command = _permitted(name)
    station = station_records.find(station_id)
    filled_in = _form_of(station, command)()
    if not filled_in.accepts(filled_in.to_command):
        return _form_page(station, command, filled_in), 422
    question = filled_in.result.question()
    if question is not None:
        confirmation = Confirmation.of(question, station)
        if not (confirmation.confirmed.raw_data and confirmation.validate()):
            return _question_page(station, filled_in, question, confirmation)
    entry = _deliver(station_id, filled_in.result)
    return redirect(url_for("commands.result", station_id=station_id, entry=entry), 303)


@area.shows("/stations/<text:station_id>/commands/history/<int:entry>", Role.VIEWER)
def result(station_id: str, entry: int) -> Any:
    """Show what became of a command."""
    station = station_records.find(station_id)
    view = command_log.find(station_id, entry)
    (line,) = command_results.lines([view], clock.utcnow(), dispatcher().timeout_s)
    return render_template("commands/result.html", station=station, line=line)


def _permitted(name: str) -> type[Command]:
    """Return a command that the visitor may send. Raises NotFound, or Forbidden."""
    command = find(name)
    auth.demand(command.permission)
    return command


def _may_send(command: type[Command]) -> bool:
    return auth.authenticate().role.includes(command.permission)


def _form_of(station: StationView, command: type[Command]) -> type[CommandForm]:
    offers = command_offers.offers_for(command, station.id, clock.utcnow())
    return form_for(command, command_offers.dialects_of(station), offers)


def _form_page(station: StationView, command: type[Command], shown: CommandForm) -> str:
    return render_template(
        "commands/form.html",
        station=station,
        command=command,
        descriptions=paragraphs(command),
        form=shown,
        exists=command.speaks(command_offers.dialects_of(station)),
        timeout_s=dispatcher().timeout_s,
    )


def _question_page(
    station: StationView, filled_in: CommandForm, question: Question, confirmation: Confirmation
) -> Any:
    values = filled_in.result.model_dump(mode="json", exclude_defaults=True)
    page = render_template(
        "commands/question.html",
        station=station,
        command=filled_in.command,
        parameters=command_results.told(filled_in.command.name, values),
        preset=as_texts(values),
        question=question,
        sent=filled_in.sent,
        form=confirmation,
        timeout_s=dispatcher().timeout_s,
    )
    return page, 422 if confirmation.errors else 200


def _deliver(station_id: str, command: Command) -> command_log.Handle:
    """Send a command; returns where the history says what became of it."""
    way, user = dispatcher(), auth.caller()
    entry = way.note(station_id, command, user)
    with contextlib.suppress(*NOTED):
        way.send(station_id, command, user, entry)
    return entry
