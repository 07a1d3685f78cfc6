"""The settings, for the shell scripts.

    python -m infra.commands.for_shell all FILE COMMAND [PROGRAM...]

prints a line `function NAME=VALUE` or `command NAME=VALUE` for each setting; or else every problem
of COMMAND, including each PROGRAM that is not installed.

    python -m infra.commands.for_shell one FILE NAME

prints a setting's value from the environment or the file. Exit status 1 if it has none.

    python -m infra.commands.for_shell one FILE NAME=VALUE

stores it, or says why not. Exit status otherwise: 0 done, 2 there is something wrong. Standard
library only.
"""

import shutil
import sys
from pathlib import Path

from infra.commands import configuration, env_file
from infra.commands.setting_rules import IN_FILE, OF_COMMANDS, OF_FUNCTIONS, problem_of
from shared.errors import Misconfigured


def all_settings(file: Path, command: str, *programs: str) -> int:
    problems = [f"{name} is not installed" for name in programs if shutil.which(name) is None]
    lines: list[str] = []
    try:
        lines = _lines(configuration.read(file))
    except Misconfigured as error:
        problems += error.details
    for problem in problems:
        print(f"{command}: {problem}", file=sys.stderr)
    if problems:
        return 2
    print("\n".join(lines))
    return 0


def _lines(given: configuration.Configuration) -> list[str]:
    values = {
        **dict.fromkeys(OF_COMMANDS, ""),
        **given.values,
        "REFRESH_TOKEN_SECRET": given.settings.refresh_token_secret,
        "FIRESTORE_DATABASE": given.settings.firestore_database,
        "TIME_ZONE": given.settings.time_zone.key,
        "HOLD_MAX_MINUTES": str(given.settings.hold_max_minutes),
    }
    return [
        f"{'function' if name in OF_FUNCTIONS else 'command'} {name}={values[name]}"
        for name in sorted(values.keys() & IN_FILE)
    ]


def one_setting(file: Path, setting: str) -> int:
    name, is_assignment, value = setting.partition("=")
    values, _, problems = configuration.gathered(file)
    if is_assignment and not problems and (problem := problem_of(name, value)):
        problems = [problem]
    if problems:
        print("\n".join(problems), file=sys.stderr)
        return 2
    if not is_assignment:
        print(values.get(name, ""))
        return 0 if name in values else 1
    if env_file.read(file, IN_FILE)[0].get(name) != value:
        env_file.store(file, name, value)
    return 0


if __name__ == "__main__":
    which, file, *arguments = sys.argv[1:]
    run = all_settings if which == "all" else one_setting
    sys.exit(run(Path(file), *arguments))
