"""A browser whose user consents to all that Google asks: the page's address is its argument.

Installed as BROWSER where infra/authorize.py opens one.
"""

import re
import sys
from urllib.parse import urlencode
from urllib.request import urlopen


def main(url: str) -> None:
    page = urlopen(url, timeout=10).read().decode()
    form = [
        ("decision", "allow"),
        *re.findall('name="(scope|account)" value="([^"]+)" checked', page),
    ]
    urlopen(url, data=urlencode(form).encode(), timeout=10)  # and follows the redirect


if __name__ == "__main__":
    main(sys.argv[1])
