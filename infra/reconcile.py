#!/usr/bin/env python3
"""Finds and repairs unfinished work: infra/reconcile.py (see --help)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from infra.commands.launch import launch

if __name__ == "__main__":
    launch("reconcile")
