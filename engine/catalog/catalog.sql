-- name: catalog
-- Types are written for casts without a length: format_type(…, -1) says bpchar where NULL says character, which is
-- one character long.
-- Every table, view and function outside the system schemas as one JSON document, read in one snapshot.
WITH relations AS (
    SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind,
           obj_description(c.oid, 'pg_class') AS comment,
           -- a bit per command, numbered as in Postgres' CmdType; without those that only triggers make possible
           pg_relation_is_updatable(c.oid, false) AS updatable
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND NOT c.relispartition
      AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'hdb_catalog')
      AND n.nspname NOT LIKE 'pg\_toast%' AND n.nspname NOT LIKE 'pg\_temp%'
), base_types AS (
    -- what stands below a domain, however many domains lie between
    WITH RECURSIVE below AS (
        SELECT t.oid AS domain, t.typbasetype AS base, t.typnotnull AS not_null FROM pg_type t WHERE t.typtype = 'd'
        UNION ALL
        SELECT below.domain, t.typbasetype, below.not_null OR t.typnotnull
        FROM below JOIN pg_type t ON t.oid = below.base AND t.typtype = 'd'
    )
    SELECT below.domain, below.base, below.not_null
    FROM below JOIN pg_type t ON t.oid = below.base AND t.typtype <> 'd'
), view_columns AS (
    -- the column that stands behind one of a view which takes rows: the view's rule keeps its origin
    SELECT DISTINCT ON (r.oid, a.attnum) r.oid AS relation, a.attnum, found[3]::oid AS origin, found[4]::int2 AS origin_attnum
    FROM relations r
    JOIN pg_rewrite w ON w.ev_class = r.oid AND w.rulename = '_RETURN'
    CROSS JOIN LATERAL regexp_matches(
        w.ev_action::text,
        ':resno (\d+) :resname ((?:\\.|[^\s\\])+) :ressortgroupref \d+ :resorigtbl (\d+) :resorigcol (\d+) :resjunk false',
        'g') AS found
    JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = found[1]::int2
    WHERE r.kind = 'v' AND r.updatable & 8 <> 0 AND found[3] <> '0'
      AND pg_column_is_updatable(r.oid, a.attnum, false)
    -- of several entries with one number, those of subqueries have other names
    ORDER BY r.oid, a.attnum, regexp_replace(found[2], '\\(.)', '\1', 'g') = a.attname DESC
), origins AS (
    WITH RECURSIVE behind AS (
        SELECT * FROM view_columns
        UNION ALL
        SELECT b.relation, b.attnum, v.origin, v.origin_attnum
        FROM behind b JOIN view_columns v ON v.relation = b.origin AND v.attnum = b.origin_attnum
    )
    SELECT b.* FROM behind b JOIN pg_class c ON c.oid = b.origin AND c.relkind <> 'v'
), columns AS (
    SELECT a.attrelid,
           json_agg(json_build_object(
               'name', a.attname,
               'pg_type', base.typname,
               'sql_type', format_type(base.oid, -1),
               'type_kind', base.typtype,
               'nullable', NOT (a.attnotnull OR COALESCE(b.not_null, false)),
               'default_sql', CASE
                   WHEN own.attidentity <> '' THEN format('nextval(%L::regclass)',
                       pg_get_serial_sequence(own.attrelid::regclass::text, own.attname))
                   WHEN own.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid)
               END,
               'generated', own.attgenerated <> '' OR own.attidentity = 'a',
               'comment', col_description(a.attrelid, a.attnum)
           ) ORDER BY a.attnum) AS columns
    FROM pg_attribute a
    JOIN relations r ON r.oid = a.attrelid
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN base_types b ON b.domain = t.oid
    JOIN pg_type base ON base.oid = COALESCE(b.base, t.oid)
    -- a view's column has the default of the one behind it, unless it has one of its own
    LEFT JOIN origins o ON o.relation = a.attrelid AND o.attnum = a.attnum AND NOT a.atthasdef
    JOIN pg_attribute own ON own.attrelid = COALESCE(o.origin, a.attrelid) AND own.attnum = COALESCE(o.origin_attnum, a.attnum)
    LEFT JOIN pg_attrdef d ON d.adrelid = own.attrelid AND d.adnum = own.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped
    GROUP BY a.attrelid
), key_columns AS (
    SELECT con.oid,
           (SELECT json_agg(a.attname ORDER BY k.ord)
            FROM unnest(con.conkey) WITH ORDINALITY AS k(attnum, ord)
            JOIN pg_attribute a ON a.attrelid = con.conrelid AND a.attnum = k.attnum) AS local,
           (SELECT json_agg(a.attname ORDER BY k.ord)
            FROM unnest(con.confkey) WITH ORDINALITY AS k(attnum, ord)
            JOIN pg_attribute a ON a.attrelid = con.confrelid AND a.attnum = k.attnum) AS remote
    FROM pg_constraint con
    JOIN relations r ON r.oid = con.conrelid
    WHERE con.contype IN ('p', 'u', 'f')
), keys AS (
    SELECT con.conrelid,
           json_agg(json_build_object(
               'type', con.contype, 'name', con.conname, 'columns', k.local,
               'remote_schema', rn.nspname, 'remote_table', rc.relname, 'remote_columns', k.remote
           ) ORDER BY con.conname) AS keys
    FROM pg_constraint con
    JOIN key_columns k ON k.oid = con.oid
    LEFT JOIN pg_class rc ON rc.oid = con.confrelid AND con.contype = 'f'
    LEFT JOIN pg_namespace rn ON rn.oid = rc.relnamespace
    -- constraints inherited by or pointing at single partitions repeat those of the parent
    WHERE con.conparentid = 0 OR con.contype <> 'f'
    GROUP BY con.conrelid
), functions AS (
    SELECT n.nspname AS schema, p.proname AS name, p.provolatile AS volatility, p.proretset AS returns_set,
           rn.nspname AS table_schema, rc.relname AS table_name,
           rt.typname AS return_type, format_type(rt.oid, -1) AS return_sql_type, rt.typtype AS return_kind,
           p.provariadic <> 0 AS variadic,
           obj_description(p.oid, 'pg_proc') AS comment,
           COALESCE((
               SELECT json_agg(json_build_object(
                   'name', COALESCE(a.name, ''),
                   'pg_type', t.typname,
                   'sql_type', format_type(t.oid, -1),
                   'type_kind', t.typtype,
                   'table_schema', an.nspname, 'table_name', ac.relname,
                   'has_default', a.ord > p.pronargs - p.pronargdefaults
               ) ORDER BY a.ord)
               FROM (
                   -- input arguments in order: those with a mode also name outputs, which may stand between
                   SELECT g.typ, g.name, row_number() OVER (ORDER BY g.place) AS ord
                   FROM unnest(
                       COALESCE(p.proallargtypes, p.proargtypes::oid[]), p.proargmodes, p.proargnames
                   ) WITH ORDINALITY AS g(typ, mode, name, place)
                   WHERE g.typ IS NOT NULL AND COALESCE(g.mode, 'i') IN ('i', 'b', 'v')
               ) AS a
               JOIN pg_type t ON t.oid = a.typ
               LEFT JOIN pg_class ac ON ac.oid = t.typrelid AND ac.relkind IN ('r', 'p', 'v', 'm', 'f')
               LEFT JOIN pg_namespace an ON an.oid = ac.relnamespace
           ), '[]') AS arguments
    FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace
    JOIN pg_type rt ON rt.oid = p.prorettype
    LEFT JOIN pg_class rc ON rc.oid = rt.typrelid AND rc.relkind IN ('r', 'p', 'v', 'm', 'f')
    LEFT JOIN pg_namespace rn ON rn.oid = rc.relnamespace
    WHERE p.prokind = 'f'
      AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'hdb_catalog')
      -- functions of extensions are never tracked and may be many
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
)
SELECT json_build_object(
    'server_version', current_setting('server_version_num')::int,
    'tables', COALESCE((
        SELECT json_agg(json_build_object(
            'schema', r.schema, 'name', r.name, 'kind', r.kind, 'comment', r.comment,
            'updatable', r.updatable,
            'columns', c.columns, 'keys', COALESCE(k.keys, '[]')))
        FROM relations r
        JOIN columns c ON c.attrelid = r.oid
        LEFT JOIN keys k ON k.conrelid = r.oid), '[]'),
    'functions', COALESCE((SELECT json_agg(f) FROM functions f), '[]')
)::text AS catalog;
