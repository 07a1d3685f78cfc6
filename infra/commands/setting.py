"""Looks up or stores one setting in a file, for infra/setup.sh.

    python -m infra.commands.setting FILE NAME          prints its value, from the environment or
                                                        the file; exit status 1 if it has none
    python -m infra.commands.setting FILE NAME=VALUE    stores it, or says why not

Exit status otherwise: 0 done, 2 there is something wrong. Standard library only.
"""

import sys
from pathlib import Path

from infra.commands import configuration, env_file


def main(file: Path, setting: str) -> int:
    name, is_assignment, value = setting.partition("=")
    values, _, problems = configuration.gathered(file)
    if is_assignment and not problems and (problem := configuration.problem_of(name, value)):
        problems = [problem]
    if problems:
        print("\n".join(problems), file=sys.stderr)
        return 2
    if not is_assignment:
        print(values.get(name, ""))
        return 0 if name in values else 1
    if env_file.read(file, configuration.IN_FILE)[0].get(name) != value:
        env_file.store(file, name, value)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
