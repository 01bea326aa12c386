#!/usr/bin/env bash
# Stand-ins for the base images, made of Debian's packages, for machines that have a Docker engine and no image registry.
#
#   tests/containers/bases.sh          makes what is missing, under the very names that Dockerfile and compose use
#   LICTOR_BASES=/var/cache/bases …    where packages and unpacked systems are kept between two runs
#
# Needs root and debootstrap. Whoever reaches a registry needs none of this: Docker pulls the real images.
# An image that is there already under its name, the real one above all, is left alone.
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD/bases
work=${LICTOR_BASES:-${TMPDIR:-/tmp}/lictor-bases}
mkdir -p "$work/packages"

present() { docker image inspect "$1" >/dev/null 2>&1; }

# bootstrap SUITE PACKAGES: a root file system in $root
bootstrap() {
    root=$work/$1-$2
    [ -e "$root/.complete" ] && return
    rm -rf "$root"
    # Their servers must not start here.
    debootstrap --variant=minbase --cache-dir="$work/packages" --include="$2" "$1" "$root" >"$root.log" 2>&1 ||
        { tail -5 "$root.log" >&2; exit 1; }
    rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,locale,info}/*
    # Behind a proxy that looks into TLS, builds need the certificates of this machine.
    install -D -m 0644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
    touch "$root/.complete"
}

# load NAME CHANGES…: $root as an image
load() {
    local name=$1; shift
    local changes=()
    for change in "$@"; do changes+=(--change "$change"); done
    tar -C "$root" --exclude=./dev/* --exclude=./proc/* --exclude=./sys/* --exclude=./.complete -c . |
        docker import "${changes[@]}" - "$name" >/dev/null
    echo "made $name from Debian's packages"
}

# The names in the files that people use are the only ones.
name_of() { sed -nE "s|^$2 *([^ @]+).*|\1|p" "$1" | grep -m1 "$3"; }
compose=../../docker-compose.yml
python=$(name_of ../../Dockerfile 'FROM' '^python:')
postgres=$(name_of "$compose" ' *image:' '^postgres:')
redis=$(name_of "$compose" ' *image:' '^redis:')
haproxy=$(name_of "$compose" ' *image:' '^haproxy:')

if ! present "$python"; then
    bootstrap bookworm python3.11,python3.11-venv,python3-pip,ca-certificates,netbase,tzdata
    for command in python python3 python3.11; do ln -sf /usr/bin/python3.11 "$root/usr/local/bin/$command"; done
    # pip may install here, as in the real image.
    rm -f "$root/usr/lib/python3.11/EXTERNALLY-MANAGED"
    load "$python" 'ENV LANG=C.UTF-8' 'CMD ["python3"]'
fi

if ! present "$postgres"; then
    bootstrap trixie postgresql-17,postgresql-client-17,netbase,tzdata,libnss-wrapper
    [ "$(chroot "$root" id -u postgres)" = 999 ] || {
        # The number that the real image has; volumes and `user:` are made for it.
        chroot "$root" sh -c 'usermod -u 999 postgres && groupmod -g 999 postgres'
    }
    chroot "$root" sh -c 'rm -rf /var/lib/postgresql/* /etc/postgresql/* &&
        install -d -o postgres -g postgres -m 1777 /var/lib/postgresql/data /run/postgresql &&
        chown postgres:postgres /var/lib/postgresql'
    install -m 0755 "$here/postgres-entrypoint.sh" "$root/usr/local/bin/docker-entrypoint.sh"
    load "$postgres" 'ENV PATH=/usr/lib/postgresql/17/bin:/usr/local/bin:/usr/bin:/bin' 'ENV LANG=C.UTF-8' \
        'ENV PGDATA=/var/lib/postgresql/data' 'VOLUME /var/lib/postgresql/data' \
        'ENTRYPOINT ["docker-entrypoint.sh"]' 'CMD ["postgres"]' 'EXPOSE 5432'
fi

if ! present "$haproxy"; then
    bootstrap trixie haproxy,netbase
    chroot "$root" sh -c 'usermod -u 99 haproxy; groupmod -g 99 haproxy'
    load "$haproxy" 'CMD ["haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]'
fi

if ! present "$redis"; then
    bootstrap bookworm redis-server,netbase,tzdata
    chroot "$root" sh -c 'usermod -u 999 redis && groupmod -g 999 redis && install -d -o redis -g redis /data'
    load "$redis" 'WORKDIR /data' 'VOLUME /data' 'CMD ["redis-server"]' 'EXPOSE 6379'
fi
