#!/bin/sh
# Makes the secrets that docker-compose.yml asks for, each a file of random characters; those that exist stay.
#
#   deploy/make-secrets.sh [DIRECTORY]      (secrets)
#
# Only their owner may enter the directory. The files can be read by all who are in it: in containers those are
# users without names, who cannot be made their owners from here.
set -eu
directory=${1:-secrets}
umask 077
mkdir -p "$directory"
chmod 700 "$directory"
cd "$directory"

hex() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
make() { # NAME VALUE
    [ -s "$1" ] || { printf '%s' "$2" >"$1.new" && chmod 444 "$1.new" && mv "$1.new" "$1" && echo "made $PWD/$1"; }
}

make postgres_password "$(hex)"
make lictor_database_url "postgresql://lictor:$(cat postgres_password)@postgres:5432/lictor"
make lictor_graphql_admin_secret "$(hex)"
make lictor_actions_secret "$(hex)"
make lictor_metrics_token "$(hex)"
# 32 bytes in base64. Keep a copy elsewhere: without it, secrets in a backup are closed for ever.
make lictor_secret_key "$(head -c 32 /dev/urandom | base64 | tr -d '\n')"
