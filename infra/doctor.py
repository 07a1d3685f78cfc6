"""Checks everything a booking needs: python infra/doctor.py (--help says more)."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

try:
    from infra.commands.doctor.command import main
except ModuleNotFoundError as error:
    sys.exit(
        f"{error.name} is not installed here: run infra/venv.sh once,"
        " then .venv/bin/python infra/doctor.py"
    )

if __name__ == "__main__":
    os.chdir(ROOT)  # where .env is
    sys.exit(main())
