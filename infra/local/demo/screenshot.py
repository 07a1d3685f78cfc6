"""Takes the README's picture of the local page. Needs Chromium."""

import argparse
from pathlib import Path

import requests
from playwright.sync_api import Page, ViewportSize, expect

from infra.local.browser import browser
from infra.local.demo.site import serving_page

_FILE = Path(__file__).parent / "page" / "week.png"
_SIZE: ViewportSize = {"width": 1200, "height": 800}
_BOOKED = ("class-1", "class-3")


def main() -> None:
    file = _asked_file()
    with serving_page() as (gateway, _):
        for class_id in _BOOKED:
            pay = f"{gateway.origins[0]}/demo/pay"
            requests.post(pay, json={"class": class_id}, timeout=30).raise_for_status()
        with browser() as chromium, chromium.new_context(viewport=_SIZE, locale="es-AR") as context:
            page = context.new_page()
            page.goto(f"{gateway.origins[0]}/")
            _book_one_more(page)
            page.screenshot(path=file)
    print(f"{file} is written.")


def _asked_file() -> Path:
    parser = argparse.ArgumentParser(
        prog="python -m infra.local.demo.screenshot", description=__doc__
    )
    parser.add_argument("file", nargs="?", type=Path, default=_FILE, help="ends in .png")
    file: Path = parser.parse_args().file
    if file.suffix != ".png":
        parser.error("FILE has to end in .png")
    return file


def _book_one_more(page: Page) -> None:
    page.locator("#class-2 [data-action=pay]").click()
    expect(page.locator("#outcome")).to_contain_text("Clase reservada")
    expect(page.locator("#week .ours")).to_have_count(3)
    page.mouse.move(0, 0)


if __name__ == "__main__":
    main()
