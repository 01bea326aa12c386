"""The server's keys for secrets, as the settings name them."""

from __future__ import annotations

from lictor.orchestration.sealing import Keyring, SealError
from lictor.settings import Settings


def keyring_of(settings: Settings) -> Keyring | None:
    """The keys of LICTOR_SECRET_KEY, else of the file LICTOR_SECRET_KEY_FILE; None where neither is set.

    Raises SealError, which names the setting, for keys that cannot be read.
    """
    if settings.secret_key is not None:
        source, text = "LICTOR_SECRET_KEY", settings.secret_key.get_secret_value()
    elif settings.secret_key_file is not None:
        source = f"LICTOR_SECRET_KEY_FILE ({settings.secret_key_file})"
        try:
            text = settings.secret_key_file.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise SealError(f"{source} cannot be read: {error}") from None
    else:
        return None
    try:
        return Keyring.parse(text)
    except SealError as error:
        raise SealError(f"{source}: {error}") from None
