#!/bin/sh
# What the official image's entrypoint does of what Lictor's compose file asks for: a new cluster has the user, the
# password (from a file) and the database that the environment names. Runs as the user postgres.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    user=${POSTGRES_USER:-postgres}
    # shellcheck disable=SC2086  # several words
    initdb --username="$user" --pwfile="$POSTGRES_PASSWORD_FILE" --auth-host=scram-sha-256 --auth-local=trust \
        ${POSTGRES_INITDB_ARGS:-} >/dev/null
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    if [ "${POSTGRES_DB:-$user}" != postgres ]; then
        echo "CREATE DATABASE \"${POSTGRES_DB:-$user}\"" | postgres --single -j postgres >/dev/null
    fi
fi
exec "$@" -c listen_addresses='*'
