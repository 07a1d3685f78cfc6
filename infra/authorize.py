"""Takes the admin's consent and puts it into use: python infra/authorize.py (--help says more)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from infra.commands.launch import launch

if __name__ == "__main__":
    launch("authorize")
