"""Sealing of secrets with AES-256-GCM under the server's own keys.

Plain bytes and the place they belong to come in, `Sealed` goes out, and the other way round. The first key of a
keyring seals, all of them open: a new key is put first, and the old one stays until every secret is resealed.
Never writes a key or a plaintext anywhere, not into an error text either.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Sequence
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY_BYTES = 32
_NONCE_BYTES = 12


class SealError(Exception):
    """A keyring that cannot be read, or sealed bytes that none of its keys opens."""


class Sealed(NamedTuple):
    """Encrypted bytes with what is needed to open them, but for the key."""

    key_id: str
    nonce: bytes
    ciphertext: bytes


class Keyring:
    """The server's keys, the one that seals first."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Raises SealError unless there is a key and each has 32 bytes."""
        if not keys:
            raise SealError("There is no key.")
        if any(len(key) != _KEY_BYTES for key in keys):
            raise SealError(
                f"A key has to be {_KEY_BYTES} bytes in base64; `lictor secret new-key` makes one."
            )
        self._keys = {_key_id(key): AESGCM(key) for key in keys}
        self.key_id = _key_id(keys[0])
        """Which key seals; stored beside what it sealed."""

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """The keyring that `text` spells: keys in base64, parted by white space or commas; `#` begins a comment.

        Raises SealError.
        """
        words = re.split(r"[\s,]+", re.sub(r"#[^\n]*", "", text).strip())
        try:
            keys = [base64.b64decode(_standard(word), validate=True) for word in words if word]
        except (binascii.Error, ValueError):
            raise SealError("A key is not base64.") from None
        return cls(keys)

    def seal(self, plain: bytes, place: str) -> Sealed:
        """Encrypt `plain` for `place`; opened at another place it is refused."""
        nonce = os.urandom(_NONCE_BYTES)
        return Sealed(self.key_id, nonce, self._keys[self.key_id].encrypt(nonce, plain, place.encode()))

    def open(self, sealed: Sealed, place: str) -> bytes:
        """What was sealed for `place`. Raises SealError for a key it lacks and for bytes that were changed."""
        key = self._keys.get(sealed.key_id)
        if key is None:
            raise SealError(f"The server has no key {sealed.key_id}, which sealed this.")
        try:
            return key.decrypt(sealed.nonce, sealed.ciphertext, place.encode())
        except InvalidTag:
            raise SealError("The stored bytes were changed since they were sealed.") from None


def new_key() -> str:
    """A fresh random key, in base64."""
    return base64.b64encode(os.urandom(_KEY_BYTES)).decode()


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"lictor secret key\0" + key).hexdigest()[:16]


def _standard(word: str) -> str:
    """Base64 with or without padding, of either alphabet, as the standard one."""
    return word.replace("-", "+").replace("_", "/").rstrip("=") + "=" * (-len(word.rstrip("=")) % 4)
