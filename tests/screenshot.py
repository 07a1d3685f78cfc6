"""`python -m tests.screenshot` takes the README's picture of the local page. Needs Chromium."""

import requests
from playwright.sync_api import ViewportSize, expect

from infra.local.demo.site import serving_page
from infra.local.stack import ROOT
from tests.support.browser import browser

_FILE = ROOT / "infra" / "local" / "demo" / "page" / "week.png"
_SIZE: ViewportSize = {"width": 1200, "height": 800}
_BOOKED_BEFORE = ("class-1", "class-3")
_HELD = "#week tr:nth-child(6) td:nth-child(5) button"


def main() -> None:
    with serving_page() as (gateway, _), browser() as chromium:
        url = f"{gateway.origins[0]}/"
        for class_id in _BOOKED_BEFORE:
            paid = requests.post(f"{url}demo/pay", json={"class_id": class_id}, timeout=30)
            paid.raise_for_status()
        with chromium.new_context(viewport=_SIZE, locale="es-AR") as context:
            page = context.new_page()
            page.goto(url)
            page.locator("#class-2 [data-action=pay]").click()
            expect(page.locator("#outcome")).to_contain_text("Clase reservada")
            expect(page.locator("#week .ours")).to_have_count(3)
            page.locator(_HELD).click()
            page.get_by_role("button", name="Reservar", exact=True).click()
            expect(page.locator("#week .block.mine")).to_be_visible()
            page.mouse.move(0, 0)
            page.screenshot(path=_FILE)
    print(f"{_FILE} is written.")


if __name__ == "__main__":
    main()
