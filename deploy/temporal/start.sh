#!/bin/sh
# The image takes the password from the environment only; it is put there inside the container, not in the container's description.
set -eu
POSTGRES_PWD="$(cat /run/secrets/temporal-database-password)"
export POSTGRES_PWD
exec /etc/temporal/entrypoint.sh
