#!/bin/sh
# Creates carepath's namespace where it is missing, and ends when the server works with it.
set -eu
until temporal operator cluster health; do sleep 2; done
# Closed runs stay 30 days: time to archive their histories.
temporal operator namespace describe || temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 720h
# The server takes up to 10 s to know a new namespace everywhere; a worker that comes earlier would fail.
until temporal workflow count; do sleep 2; done
