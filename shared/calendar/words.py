"""The words of an event, as its guests read them. Pure."""

from zoneinfo import ZoneInfo

from shared.classes.virtual_class import ClassType, VirtualClass

_TYPE_NAMES = {ClassType.INDIVIDUAL: "Clase individual", ClassType.GROUP: "Clase grupal"}
_DAYS = ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"]
_MONTHS = [
    "enero", "febrero", "marzo", "abril", "mayo", "junio",
    "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
]  # fmt: skip
_LONGEST_FOCUS_IN_TITLE = 100


def title(virtual_class: VirtualClass) -> str:
    type_name = _TYPE_NAMES[virtual_class.class_type]
    focus = " ".join(virtual_class.learning_focus.split())
    if len(focus) > _LONGEST_FOCUS_IN_TITLE:
        focus = focus[: _LONGEST_FOCUS_IN_TITLE - 1].rstrip() + "…"
    return f"{type_name}: {focus}" if focus else type_name


def description(virtual_class: VirtualClass, zone: ZoneInfo) -> str:
    lines = [_TYPE_NAMES[virtual_class.class_type]]
    if virtual_class.learning_focus:
        lines.append(f"Enfoque: {virtual_class.learning_focus}")
    if virtual_class.class_type is ClassType.GROUP and virtual_class.max_participants:
        lines.append(f"Cupos: {virtual_class.max_participants}")
    start, end = virtual_class.start.astimezone(zone), virtual_class.end.astimezone(zone)
    day = f"{_DAYS[start.weekday()]} {start.day} de {_MONTHS[start.month - 1]} de {start.year}"
    lines.append(f"Día: {day}")
    lines.append(f"Horario: {start:%H:%M} a {end:%H:%M} ({zone.key})")
    return "\n".join(lines)
