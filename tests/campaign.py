"""The fault campaign: `python tests/campaign.py --schedules N`; `--help` says more."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])
    from tests.fault_campaign.command import main

    sys.exit(main())
