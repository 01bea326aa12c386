"""The types of the UI's documents are made of ui/schema.graphql: it must be what the engine serves."""

from __future__ import annotations

import importlib.util
from pathlib import Path

PROGRAM = Path(__file__).parent.parent.parent / "ui" / "schema.py"


async def test_the_schema_is_what_the_engine_serves(database: str):
    spec = importlib.util.spec_from_file_location("ui_schema", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    served = await program.schema_of(database)
    assert served == program.FILE.read_text(), (
        "after a change of metadata: python ui/schema.py; npm run codegen in ui/"
    )
