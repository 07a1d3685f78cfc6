"""Checks everything a booking needs, one line each, and names the cure for each problem. It
changes nothing. Settings come from the environment, completed by .env.

Exit status: 0 nothing is wrong (apart from warnings and checks that could not be made), 1
something is, 2 the arguments are wrong.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from infra.commands import launch
from infra.commands.doctor import (
    authorisation,
    classes,
    deployed,
    mercado_pago,
    project,
    rights,
    surroundings,
)
from infra.commands.doctor.examination import Case, Check, examine
from infra.commands.unusable import Verdict

CHECKS = (
    Check("settings", surroundings.settings),
    Check("emulators", surroundings.emulators, ("settings",)),
    Check("clock", surroundings.clock, ("settings",)),
    Check("apis", project.apis, ("settings",)),
    Check("client secret", authorisation.client_secret, ("settings",)),
    Check("refresh token", authorisation.refresh_token, ("settings",)),
    Check("token", authorisation.token, ("client secret", "refresh token")),
    Check("scopes", authorisation.scopes, ("token",)),
    Check("account", authorisation.account, ("token",)),
    Check("calendar", authorisation.calendar, ("token",)),
    Check("busy calendars", authorisation.busy_calendars, ("token",)),
    Check("firestore", classes.query, ("settings",)),
    Check("rules", classes.rules, ("firestore",)),
    Check("deployed", deployed.deployed, ("settings",)),
    Check("schedule", deployed.schedule, ("settings",)),
    Check("rights", rights.rights, ("settings",)),
    Check("queue", rights.queue, ("settings",)),
    Check("callers", project.callers, ("settings",)),
    Check("public access", project.public_access, ("settings",)),
    Check("mercado pago", mercado_pago.secrets, ("settings",)),
    Check("notice", mercado_pago.notice, ("deployed", "mercado pago")),
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = launch.parser("doctor", __doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--local", action="store_true", help="check the emulators, not production")
    parsed = parser.parse_args(arguments)
    results = []
    for result in examine(CHECKS, Case(parsed.env, is_local=parsed.local)):
        results.append(result)
        if not parsed.json:
            print(result.line(), flush=True)
    is_well = all(result.status is not Verdict.WRONG for result in results)
    if parsed.json:
        report = {"ok": is_well, "checks": [asdict(result) for result in results]}
        json.dump(report, sys.stdout, indent=2, ensure_ascii=False)
        print()
    return 0 if is_well else 1
