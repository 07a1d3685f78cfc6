"""ID tokens, signed with a key made when the first one is needed."""

import base64
import hashlib
import json
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from .wire import Response, json_response

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from .world import Call, World

ISSUER = "https://accounts.google.com"
KEY_ID = "stand-in"


def id_token(account: str, client_id: str, access_token: str, lifetime: int) -> str:
    """A JWT that says who consented, as google-auth's ``id_token`` module verifies it."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "azp": client_id,
        "aud": client_id,
        "sub": str(int(hashlib.sha256(account.encode()).hexdigest()[:16], 16)),
        "email": account,
        "email_verified": True,
        "at_hash": _encoded(hashlib.sha256(access_token.encode()).digest()[:16]),
        "iat": now,
        "exp": now + lifetime,
    }
    header = {"alg": "RS256", "kid": KEY_ID, "typ": "JWT"}
    signed = f"{_encoded_json(header)}.{_encoded_json(claims)}"
    return f"{signed}.{_encoded(_key().sign(signed.encode(), PKCS1v15(), SHA256()))}"


def certificates(_world: "World", _call: "Call") -> Response:
    """``/oauth2/v1/certs``: certificates by key id."""
    return json_response({KEY_ID: _certificate()})


@cache
def _key() -> "RSAPrivateKey":
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65_537, key_size=2048)


@cache
def _certificate() -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding

    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "stand-in")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_key().public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(_key(), SHA256())
    )
    return certificate.public_bytes(Encoding.PEM).decode()


def _encoded_json(value: Any) -> str:
    return _encoded(json.dumps(value, separators=(",", ":")).encode())


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
