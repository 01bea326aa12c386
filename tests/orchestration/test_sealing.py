"""Sealed bytes open with the right key at the right place, and in no other way."""

from __future__ import annotations

import base64

import pytest

from lictor.orchestration.sealing import Keyring, Sealed, SealError, new_key

OLD, NEW = new_key(), new_key()


def test_what_was_sealed_opens():
    keyring = Keyring.parse(NEW)
    for plain in (b"", b"correct horse", bytes(range(256)) * 1000):
        sealed = keyring.seal(plain, "place")
        assert keyring.open(sealed, "place") == plain
        assert not plain or plain not in sealed.ciphertext


def test_equal_values_are_sealed_differently():
    keyring = Keyring.parse(NEW)
    assert len({keyring.seal(b"same", "place") for _ in range(100)}) == 100


def test_every_changed_bit_is_noticed():
    keyring = Keyring.parse(NEW)
    sealed = keyring.seal(b"secret", "tenant/name")
    for field in ("nonce", "ciphertext"):
        value = getattr(sealed, field)
        for bit in range(len(value) * 8):
            changed = bytearray(value)
            changed[bit // 8] ^= 1 << bit % 8
            with pytest.raises(SealError, match="were changed"):
                keyring.open(sealed._replace(**{field: bytes(changed)}), "tenant/name")


@pytest.mark.parametrize("place", ["", "tenant", "tenant/name2", "other/name", "tenant/nam"])
def test_another_place_is_refused(place):
    keyring = Keyring.parse(NEW)
    with pytest.raises(SealError, match="were changed"):
        keyring.open(keyring.seal(b"secret", "tenant/name"), place)


def test_the_first_key_seals_and_all_open():
    old, both, new = Keyring.parse(OLD), Keyring.parse(f"{NEW}\n{OLD}"), Keyring.parse(NEW)
    of_old = old.seal(b"secret", "place")
    assert both.open(of_old, "place") == b"secret"
    assert both.seal(b"secret", "place").key_id == both.key_id == new.key_id != old.key_id
    with pytest.raises(SealError, match=f"no key {old.key_id}"):
        new.open(of_old, "place")


def test_a_key_id_does_not_stand_for_another_key():
    old, both = Keyring.parse(OLD), Keyring.parse(f"{NEW} {OLD}")
    sealed = old.seal(b"secret", "place")
    with pytest.raises(SealError, match="were changed"):
        both.open(Sealed(both.key_id, sealed.nonce, sealed.ciphertext), "place")


@pytest.mark.parametrize(
    "text",
    [
        f"{NEW}",
        f"  {NEW}\n",
        f"# comment, with a comma\n{NEW}",
        f"{NEW} # now\n{OLD} # before\n",
        f"{NEW},{OLD}",
        NEW.rstrip("="),
        base64.urlsafe_b64encode(base64.b64decode(NEW)).decode(),
    ],
    ids=range(7),
)
def test_spellings_of_a_keyring(text):
    assert Keyring.parse(text).key_id == Keyring.parse(NEW).key_id


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no key"),
        ("# only a comment", "no key"),
        ("not base64!", "not base64"),
        ("schlüssel", "not base64"),
        (base64.b64encode(b"x" * 31).decode(), "32 bytes"),
        (base64.b64encode(b"x" * 33).decode(), "32 bytes"),
        (f"{NEW} {NEW[:20]}", "32 bytes"),
    ],
    ids=["nothing", "a comment", "no base64", "no ASCII", "too short", "too long", "the second too short"],
)
def test_what_is_no_keyring(text, reason):
    with pytest.raises(SealError, match=reason) as refused:
        Keyring.parse(text)
    assert NEW[:20] not in str(refused.value)
