"""The text of an event, in the school's language. Pure."""

import html
import re
from datetime import datetime
from typing import Any

from shared.classes.fields import cut
from shared.classes.virtual_class import ClassType, VirtualClass
from shared.settings import LANGUAGES, Settings

_LONGEST_FOCUS_IN_TITLE = 100
_LONGEST_AS_SENT = 7000
"""The longest text in the description, in characters, which keeps the whole below 8,000;
Calendar's own pages allow 8192."""

# In the order of LANGUAGES. Not Babel: its import and first date would add 60 ms to a cold start
# of 0.6 s.
_WORDS = {
    ClassType.INDIVIDUAL: ("Clase individual", "Aula individual", "Individual class"),
    ClassType.GROUP: ("Clase grupal", "Aula em grupo", "Group class"),
    "student": ("Estudiante: {}", "Aluno: {}", "Student: {}"),
    "focus": ("Enfoque: {}", "Foco: {}", "Focus: {}"),
    "seats": ("Cupos: {}", "Vagas: {}", "Seats: {}"),
    "day": ("Día: {}", "Dia: {}", "Day: {}"),
    "hours": ("Horario: {} a {} ({})", "Horário: {} às {} ({})", "Time: {} to {} ({})"),
    "link": ("Enlace de la clase: {}", "Link da aula: {}", "Join the class: {}"),
    "date": (
        "{weekday} {day} de {month} de {year}",
        "{weekday}, {day} de {month} de {year}",
        "{weekday}, {month} {day}, {year}",
    ),
    "weekdays": (
        "lunes martes miércoles jueves viernes sábado domingo",
        "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    ),
    "months": (
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "January February March April May June July August September October November December",
    ),
}


def title(virtual_class: VirtualClass, settings: Settings) -> str:
    kind = _words(settings)[virtual_class.class_type]
    focus = cut(" ".join(virtual_class.learning_focus.split()), _LONGEST_FOCUS_IN_TITLE)
    return f"{kind}: {focus}" if focus else kind


def description(virtual_class: VirtualClass, settings: Settings, link: str | None) -> str:
    """`link` is the URL to join if it came too late for the invitation."""
    words, zone = _words(settings), settings.time_zone
    is_group = virtual_class.class_type is ClassType.GROUP
    start, end = virtual_class.start.astimezone(zone), virtual_class.end.astimezone(zone)
    facts: list[tuple[Any, ...]] = [
        # A group's guests would all read the name.
        ("student", "" if is_group else _escaped(virtual_class.student_name)),
        ("focus", _escaped(virtual_class.learning_focus)),
        ("seats", is_group and virtual_class.max_participants),
        ("day", _date(start, words)),
        ("hours", f"{start:%H:%M}", f"{end:%H:%M}", zone.key),
        ("link", link),
    ]
    lines = [words[key].format(*values) for key, *values in facts if values[0]]
    return "\n".join([words[virtual_class.class_type], *lines])


def _words(settings: Settings) -> dict[str, str]:
    column = LANGUAGES.index(settings.language)
    return {key: texts[column] for key, texts in _WORDS.items()}


def _date(day: datetime, words: dict[str, str]) -> str:
    return words["date"].format(
        weekday=words["weekdays"].split()[day.weekday()],
        day=day.day,
        month=words["months"].split()[day.month - 1],
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
