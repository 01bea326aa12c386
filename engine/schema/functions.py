"""Functions of the database: as root fields and as computed fields.

In: what metadata declares and the catalog's function. Out: `FunctionType` or `ComputedField`.
Raises ValueError with Hasura's reason when a function cannot be what it is declared to be.
"""

from __future__ import annotations

from collections.abc import Mapping

from lictor.engine.catalog import Catalog, CatalogFunction
from lictor.engine.metadata import model as metadata
from lictor.engine.metadata.model import QualifiedName
from lictor.engine.schema.inconsistency import because
from lictor.engine.schema.model import ComputedField, FunctionArgument, FunctionType, TableType
from lictor.engine.schema.scalars import scalar
from lictor.engine.schema.tables import default_name, is_name

Tables = Mapping[QualifiedName, TableType]


def find_function(name: QualifiedName, catalog: Catalog) -> CatalogFunction:
    """The only function of the name."""
    candidates = catalog.functions.get((name.schema, name.name), ())
    if not candidates:
        raise ValueError(f'no such function exists: "{name}"')
    found, *others = candidates
    if others:
        raise ValueError(f'function "{name}" is overloaded. Overloaded functions are not supported')
    return found


def function_type(declared: metadata.Function, found: CatalogFunction, tables: Tables) -> FunctionType:
    """A tracked function that returns rows of a tracked table."""
    name = declared.custom_name or default_name(declared.name)
    reasons: list[str] = []
    if not is_name(name):
        reasons.append("function name is not a legal GraphQL identifier")
    if found.variadic:
        reasons.append('function with "VARIADIC" parameters are not supported')
    if found.return_kind != "c":
        reasons.append('the function does not return a "COMPOSITE" type')
    table = tables.get(QualifiedName(*found.returns_table)) if found.returns_table else None
    if found.return_kind == "c" and found.returns_table is None:
        reasons.append("the function does not return a table")
    elif found.returns_table is not None and table is None:
        reasons.append(f'the table "{QualifiedName(*found.returns_table)}" it returns is not tracked')
    if declared.exposed_as == "mutation" and found.volatility != "v":
        reasons.append(
            "the function was requested to be exposed as a mutation, but is not marked VOLATILE. Maybe the function "
            "was given the wrong volatility when it was defined?"
        )
    if wrong := [a.name for a in found.arguments if a.name and not is_name(a.name)]:
        reasons.append(f"the function arguments {', '.join(wrong)} are not legal GraphQL identifiers")
    reasons += _session_reasons(declared.session_argument, found, "given session argument ")
    if reasons or table is None:
        raise ValueError(because(f'the function "{declared.name}" cannot be tracked', reasons))
    return FunctionType(
        name=name,
        source=declared.name,
        table=table,
        returns_set=found.returns_set,
        arguments=arguments_of(found),
        session_argument=declared.session_argument,
        comment=declared.comment or found.comment,
        roles=declared.roles,
    )


def computed_field(
    declared: metadata.ComputedField, table: TableType, catalog: Catalog, tables: Tables
) -> ComputedField:
    """A function over the rows of `table` as a field of it."""
    found = find_function(declared.function, catalog)
    function = f'the function "{declared.function}"'
    reasons: list[str] = []
    if found.volatility == "v":
        reasons.append(f"{function} is of type VOLATILE; cannot be added as a computed field")
    if not found.arguments:
        reasons.append(f"{function} has no input arguments")
    else:
        reasons += _row_reasons(declared, found, table)
    reasons += _session_reasons(declared.session_argument, found, "")
    returned = tables.get(QualifiedName(*found.returns_table)) if found.returns_table else None
    if found.returns_set and returned is None:
        name = QualifiedName(*found.returns_table) if found.returns_table else found.return_type
        reasons.append(f'{function} returning set of table "{name}" is not tracked or not found in database')
    if not found.returns_set and found.return_kind != "b":
        reasons.append(f'{function} returning type "{found.return_type}" is not a BASE type')
    if reasons:
        head = f'the computed field "{declared.name}" cannot be added to table "{table.source}"'
        raise ValueError(because(head, reasons))
    arguments = arguments_of(found)
    row = declared.table_argument
    return ComputedField(
        name=declared.name,
        owner=table.name,
        function=declared.function,
        arguments=arguments,
        row_argument=row if row is not None else arguments[0].name,
        row_table=table.source,
        session_argument=declared.session_argument,
        scalar=None
        if found.returns_set
        else scalar(found.return_type, found.return_sql_type, found.return_kind),
        table=returned if found.returns_set else None,
        comment=declared.comment if declared.comment is not None else _described(found, declared),
    )


def arguments_of(found: CatalogFunction) -> tuple[FunctionArgument, ...]:
    """The input arguments in order; those without a name get one."""
    return tuple(
        FunctionArgument(
            name=argument.name or f"arg_{position}",
            sql_name=argument.name or None,
            scalar=scalar(argument.pg_type, argument.sql_type, argument.type_kind),
            has_default=argument.has_default,
        )
        for position, argument in enumerate(found.arguments, 1)
    )


def _described(found: CatalogFunction, declared: metadata.ComputedField) -> str:
    text = f'A computed field, executes function "{declared.function}"'
    return f"{found.comment}\n\n\n{text}\n" if found.comment else text


def _row_reasons(declared: metadata.ComputedField, found: CatalogFunction, table: TableType) -> list[str]:
    """Why the row cannot be given: by default it is the first argument."""
    function = f'the function "{declared.function}"'
    if declared.table_argument is None:
        argument, label = found.arguments[0], f"first argument of {function}"
    else:
        named = [a for a in found.arguments if a.name == declared.table_argument]
        if not named:
            return [f'"{declared.table_argument}" is not an input argument of {function}']
        argument, label = named[0], f'"{declared.table_argument}" argument of {function}'
    if argument.type_kind != "c":
        return [f"{label} is not COMPOSITE type"]
    if argument.table != (table.source.schema, table.source.name):
        kind = QualifiedName(*argument.table) if argument.table else argument.pg_type
        return [f'{label} of type "{kind}" is not the table to which the computed field is being added']
    return []


def _session_reasons(name: str | None, found: CatalogFunction, prefix: str) -> list[str]:
    if name is None:
        return []
    function = f'the function "{QualifiedName(found.schema, found.name)}"'
    argument = next((a for a in found.arguments if a.name == name), None)
    if argument is None:
        return [f'{prefix}"{name}" is not an input argument of {function}']
    return (
        [] if argument.pg_type == "json" else [f'{prefix}"{name}" argument of {function} is not of type JSON']
    )
