"""ID tokens, signed with a key made when the first one is needed."""

import hashlib
import time
from base64 import urlsafe_b64encode
from functools import cache
from typing import TYPE_CHECKING

from google.auth import crypt, jwt

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

ISSUER = "https://accounts.google.com"
KEY_ID = "stand-in"


def id_token(account: str, client_id: str, access_token: str, lifetime: int) -> str:
    """A JWT that says who consented, as google-auth's `id_token` module verifies it."""
    now = int(time.time())
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    claims = {
        "iss": ISSUER,
        "azp": client_id,
        "aud": client_id,
        "sub": str(int(hashlib.sha256(account.encode()).hexdigest()[:16], 16)),
        "email": account,
        "email_verified": True,
        "at_hash": urlsafe_b64encode(half).rstrip(b"=").decode(),
        "iat": now,
        "exp": now + lifetime,
    }
    signer = crypt.RSASigner(_key(), KEY_ID)  # type: ignore[no-untyped-call]
    token: bytes = jwt.encode(signer, claims)  # type: ignore[no-untyped-call]
    return token.decode()


def public_key() -> str:
    """What the signature is verified with, as PEM."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    pem = _key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode()


@cache
def _key() -> "RSAPrivateKey":
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65_537, key_size=2048)
