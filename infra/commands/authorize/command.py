"""Asks the admin (ADMIN_EMAIL) for consent in a browser and stores the refresh token in Secret
Manager, where running functions find it. It can be run again at any time. Settings come from the
environment, completed by .env.

Exit status: 0 the new token is in use; 1 it is not (the previous one still is), or an old version
could not be disabled; 2 the settings are wrong; 130 interrupted.
"""

import argparse
import os
import sys
import webbrowser
from collections.abc import Sequence

from infra.commands import configuration, launch
from infra.commands.authorize.consent import Consent, pasted
from infra.commands.authorize.redirect import Listener, Redirect, is_loopback
from infra.commands.authorize.storing import TokenStore
from infra.commands.cures import REGISTER
from infra.commands.google_account import check_calendar
from infra.commands.secret_versions import with_client_secret
from infra.commands.unusable import Unusable
from shared.errors import Misconfigured
from shared.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    parsed = _parser().parse_args(arguments)
    try:
        given = configuration.read(parsed.env)
        configuration.use_project_quota(given.settings)
        for name in given.overridden:
            _say(f"Note: {name} comes from the environment, not from {parsed.env.name}.")
        _authorize(with_client_secret(given), parsed)
    except Misconfigured as error:
        for detail in error.details:
            print(f"authorize.py: {detail}", file=sys.stderr)
        return 2
    except Unusable as error:
        problem = error.problem.rstrip(".")
        print(f"authorize.py: {problem}.\nWhat to do: {error.cure}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nauthorize.py: interrupted; run it again.", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = launch.parser("authorize", __doc__)
    parser.add_argument(
        "--paste",
        action="store_true",
        help="ask for the address that the browser ends up at, instead of waiting for it; for a"
        " machine without a browser, such as Cloud Shell",
    )
    parser.add_argument(
        "--wait",
        type=float,
        default=900.0,
        metavar="SECONDS",
        help="how long to wait for the browser (%(default)g)",
    )
    return parser


def _authorize(settings: Settings, arguments: argparse.Namespace) -> None:
    store = TokenStore(settings)
    consent = Consent(settings)
    if arguments.paste or not is_loopback(settings.google_redirect_uri):
        answer = _pasted_answer(consent)
    else:
        answer = _received_answer(consent, settings, arguments.wait)
    tokens = consent.exchange(answer)
    consent.check(tokens)
    role = check_calendar(settings, tokens["access_token"])["accessRole"]
    _say(f"{settings.admin_email} gave consent and is {role} of the calendar.")
    store.put_in_use(tokens["refresh_token"], _say)
    _warn_of_end(tokens.get("refresh_token_expires_in"))
    _say("Done. Running functions pick up the new token within an hour.")


def _received_answer(consent: Consent, settings: Settings, wait: float) -> Redirect:
    advice = (
        "If Google shows redirect_uri_mismatch instead of its question: "
        + REGISTER.format(redirect_uri=settings.google_redirect_uri)
        + ". If it shows access_denied: the app is in Testing and the account is not one of its"
        " test users."
    )
    with Listener(settings.google_redirect_uri, consent.is_answered_by) as listener:
        _ask_to_open(consent.url)
        answer = listener.wait(wait / 10)
        if answer is None:
            _say(f"Still waiting for the browser. {advice}")
            answer = listener.wait(wait * 9 / 10)
    if answer is None:
        raise Unusable(f"no answer came from the browser. {advice}", "run this command again")
    return answer


def _pasted_answer(consent: Consent) -> Redirect:
    _ask_to_open(consent.url)
    print("Then paste the address that the browser ends up at, whatever it shows there: ", end="")
    sys.stdout.flush()
    return pasted(sys.stdin.readline())


def _ask_to_open(url: str) -> None:
    _say(f"Open this in a browser and give your consent:\n\n{url}\n")
    # Without a display, Python would start a browser in this terminal.
    if sys.platform in ("darwin", "win32") or os.environ.keys() & {
        "DISPLAY", "WAYLAND_DISPLAY", "BROWSER",
    }:  # fmt: skip
        webbrowser.open(url)


def _warn_of_end(seconds: object) -> None:
    """Warns if the token expires: the app is in "Testing", or the consent was time-limited."""
    if isinstance(seconds, int):
        _say(
            f"WARNING: this token expires in {seconds / 86400:.0f} days. The app is in"
            " publishing status Testing, or the consent was given for a time. Publish the app"
            " (https://console.cloud.google.com/auth/audience, Publish app; no verification is"
            " needed for one's own account), then run this command again: the new token lasts."
        )


def _say(text: str) -> None:
    print(text, flush=True)
