#!/bin/sh
# Makes the secrets that docker-compose.yml mounts, in deploy/secrets. Keeps what is there: a database keeps the password it was made with.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
# Only this account may enter the folder. The files themselves are readable, because the containers run under other user ids.
chmod 700 secrets

keep() {
  if [ ! -e "secrets/$1" ]; then
    printf '%s' "$2" > "secrets/$1"
    chmod 444 "secrets/$1"
  fi
}
random() { od -An -N 24 -t x1 /dev/urandom | tr -d ' \n'; }

keep postgres-password "$(random)"
keep temporal-database-password "$(random)"
keep carepath-database-password "$(random)"
keep database-url "postgres://carepath:$(cat secrets/carepath-database-password)@postgres:5432/carepath"
keep token-secret "$(random)"
