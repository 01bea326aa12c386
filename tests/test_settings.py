"""Settings out of files of secrets, as Docker and Kubernetes mount them."""

from __future__ import annotations

from pathlib import Path

import pytest

from lictor.settings import Settings


def test_files_are_settings_and_the_environment_goes_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lictor_actions_secret").write_text("from a file\n")
    (tmp_path / "lictor_database_url").write_text("postgresql://file/db")
    (tmp_path / "postgres_password").write_text("somebody else's")
    monkeypatch.setenv("LICTOR_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("LICTOR_DATABASE_URL", "postgresql://environment/db")
    settings = Settings()
    assert settings.actions_secret is not None
    assert settings.actions_secret.get_secret_value() == "from a file"
    assert settings.database_url == "postgresql://environment/db"
    assert {"actions_secret", "database_url"} <= settings.model_fields_set
    assert "from a file" not in repr(settings)
    monkeypatch.setenv("LICTOR_SECRETS_DIR", str(tmp_path / "none"))
    assert Settings().actions_secret is None
