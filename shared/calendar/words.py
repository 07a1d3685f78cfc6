"""The text of an event, in the school's language. Pure."""

import html
import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.classes.fields import cut
from shared.classes.virtual_class import ClassType, VirtualClass

_LONGEST_FOCUS_IN_TITLE = 100
_LONGEST_AS_SENT = 7000
"""The longest text in the description, in characters, which keeps the whole below 8,000;
Calendar's own pages allow 8192."""


@dataclass(frozen=True)
class _Words:
    individual: str
    group: str
    student: str
    focus: str
    seats: str
    day: str
    hours: str
    link: str
    date: str
    weekdays: str
    months: str


# Not Babel: its import and first date would add 60 ms to a cold start of 0.6 s.
_LANGUAGES = {
    "es": _Words(
        individual="Clase individual",
        group="Clase grupal",
        student="Estudiante: {}",
        focus="Enfoque: {}",
        seats="Cupos: {}",
        day="Día: {}",
        hours="Horario: {} a {} ({})",
        link="Enlace de la clase: {}",
        date="{weekday} {day} de {month} de {year}",
        weekdays="lunes martes miércoles jueves viernes sábado domingo",
        months="enero febrero marzo abril mayo junio"
        " julio agosto septiembre octubre noviembre diciembre",
    ),
    "pt": _Words(
        individual="Aula individual",
        group="Aula em grupo",
        student="Aluno: {}",
        focus="Foco: {}",
        seats="Vagas: {}",
        day="Dia: {}",
        hours="Horário: {} às {} ({})",
        link="Link da aula: {}",
        date="{weekday}, {day} de {month} de {year}",
        weekdays="segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
        months="janeiro fevereiro março abril maio junho"
        " julho agosto setembro outubro novembro dezembro",
    ),
    "en": _Words(
        individual="Individual class",
        group="Group class",
        student="Student: {}",
        focus="Focus: {}",
        seats="Seats: {}",
        day="Day: {}",
        hours="Time: {} to {} ({})",
        link="Join the class: {}",
        date="{weekday}, {month} {day}, {year}",
        weekdays="Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
        months="January February March April May June"
        " July August September October November December",
    ),
}


def title(virtual_class: VirtualClass, language: str) -> str:
    kind = _kind(virtual_class, _LANGUAGES[language])
    focus = cut(" ".join(virtual_class.learning_focus.split()), _LONGEST_FOCUS_IN_TITLE)
    return f"{kind}: {focus}" if focus else kind


def description(
    virtual_class: VirtualClass, language: str, zone: ZoneInfo, link: str | None
) -> str:
    """`link` is the URL to join if it came too late for the invitation."""
    words = _LANGUAGES[language]
    is_group = virtual_class.class_type is ClassType.GROUP
    start, end = virtual_class.start.astimezone(zone), virtual_class.end.astimezone(zone)
    lines = [_kind(virtual_class, words)]
    if virtual_class.student_name and not is_group:  # a group's guests would all read it
        lines.append(words.student.format(_escaped(virtual_class.student_name)))
    if virtual_class.learning_focus:
        lines.append(words.focus.format(_escaped(virtual_class.learning_focus)))
    if virtual_class.max_participants and is_group:
        lines.append(words.seats.format(virtual_class.max_participants))
    lines.append(words.day.format(_date(start, words)))
    lines.append(words.hours.format(f"{start:%H:%M}", f"{end:%H:%M}", zone.key))
    if link:
        lines.append(words.link.format(link))
    return "\n".join(lines)


def _kind(virtual_class: VirtualClass, words: _Words) -> str:
    return words.group if virtual_class.class_type is ClassType.GROUP else words.individual


def _date(day: datetime, words: _Words) -> str:
    return words.date.format(
        weekday=words.weekdays.split()[day.weekday()],
        day=day.day,
        month=words.months.split()[day.month - 1],
        year=day.year,
    )


def _escaped(text: str) -> str:
    """Escapes only what would be taken for markup, so that readers see `text` where Google
    renders HTML and, nearly always, where it shows plain text."""
    while len(sent := _MARKUP.sub(_escape, text)) > _LONGEST_AS_SENT:
        surplus = len(sent) - _LONGEST_AS_SENT
        text = cut(text, len(text) - 1 - surplus // len("&amp;"))
    return sent


_MARKUP = re.compile(r"<(?=[A-Za-z/!?])|&#?\w{1,32};?")


def _escape(match: re.Match[str]) -> str:
    markup = match[0]
    if markup == "<":
        return "&lt;"
    return markup if html.unescape(markup) == markup else f"&amp;{markup[1:]}"
