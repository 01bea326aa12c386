"""The command `lictor settings`: every setting, what it is here, and where that comes from.

In: arguments, the settings of this process. Out: a table, JSON, or the page docs/settings.md. Secrets are never shown.
"""

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, get_args

from cyclopts import Parameter

from lictor.cli.commands import Json, settings_of

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

_HIDDEN = "(hidden)"
_PAGE = """# Every setting

Each is an environment variable of every process, or a file of that name in lower case in `/run/secrets` (another place:
LICTOR_SECRETS_DIR). `lictor settings` shows what they are where you are, and where each comes from. What is refused or
cut off beyond the limits, and what stands in no setting: [limits.md](limits.md).

This page is what `lictor settings --markdown` prints.

| setting | default | may be | meaning |
|---|---|---|---|
"""


@dataclass(frozen=True)
class Row:
    """One setting: `value` as it is here, `source` "environment", "file" or "default", `allowed` in words."""

    name: str
    value: Any
    default: Any
    source: str
    allowed: str
    description: str


def settings(
    search: str = "",
    *,
    changed: Annotated[bool, Parameter(negative="")] = False,
    as_json: Json = False,
    markdown: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Show every setting: what it is here, its default, and what it means.

    Examples:

        lictor settings
        lictor settings retention
        lictor settings --changed --json

    Parameters
    ----------
    search
        Only settings with this word in their name or meaning.
    changed
        Only those that are not as by default.
    as_json
        As a JSON array of objects.
    markdown
        As the page docs/settings.md, without what they are here.
    """
    rows = rows_of(settings_of())
    word = search.lower()
    found = [
        row
        for row in rows
        if (word in row.name.lower() or word in row.description.lower())
        and not (changed and row.source == "default")
    ]
    if markdown:
        print(_PAGE + "".join(map(_line, found)), end="")
    elif as_json:
        print(json.dumps([asdict(row) for row in found], indent=2))
    else:
        _show(found)
    return 0


def rows_of(settings: Any) -> list[Row]:
    """A row for each field, in the order in which they are declared."""
    from lictor.settings import Settings

    return [_row(name, field, settings) for name, field in Settings.model_fields.items()]


def _row(name: str, field: "FieldInfo", settings: Any) -> Row:
    variable = f"LICTOR_{name.upper()}"
    source = "default"
    if variable in os.environ:
        source = "environment"
    elif name in settings.model_fields_set:
        source = "file"
    # A factory's result is of this machine.
    default = None if field.default_factory else field.default
    description = f"{field.description}".replace("\n", " ")
    return Row(variable, _shown(getattr(settings, name)), default, source, _allowed(field), description)


def _shown(value: Any) -> Any:
    from pathlib import Path
    from urllib.parse import urlsplit

    from pydantic import SecretStr

    if isinstance(value, SecretStr):
        return _HIDDEN
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, str) and (password := urlsplit(value).password):
        return value.replace(f":{password}@", f":{_HIDDEN}@")
    return value


def _allowed(field: "FieldInfo") -> str:
    """Its bounds or choices in words; empty if it may be anything of its kind."""
    from typing import Literal, get_origin

    if get_origin(field.annotation) is Literal:
        return ", ".join(map(str, get_args(field.annotation)))
    bounds: dict[str, Any] = {}
    for one in field.metadata:
        bounds |= {kind: getattr(one, kind) for kind in ("gt", "ge", "lt", "le") if hasattr(one, kind)}
    low = f"≥ {bounds['ge']:,}" if "ge" in bounds else f"> {bounds['gt']:,}" if "gt" in bounds else ""
    high = f"≤ {bounds['le']:,}" if "le" in bounds else f"< {bounds['lt']:,}" if "lt" in bounds else ""
    return ", ".join(filter(None, (low, high)))


def _text(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _line(row: Row) -> str:
    default = f"`{_text(row.default)}`" if _text(row.default) else ""
    description = row.description.replace("|", "\\|")
    return f"| {row.name} | {default} | {row.allowed} | {description} |\n"


def _show(rows: list[Row]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("setting", "value", "from", "meaning"):
        table.add_column(title, overflow="fold", no_wrap=title == "setting")
    for row in rows:
        style = "" if row.source == "default" else "bold"
        table.add_row(Text(row.name, style), _text(row.value), row.source, Text(row.description))
    Console(highlight=False).print(table if rows else "No setting is like that.")
