#!/bin/sh
# Runs one case of the conformance suite with Redocly's respect (npm
# @redocly/cli; REDOCLY is its command, `npx redocly` by default).
#
#   gobelin conformance --exec 'adapters/respect.sh {document} {workflow} {inputs} {servers}'
#
# respect judges responses by their descriptions as well. Those checks are
# switched off, as the suite's servers answer what a case needs; but where no
# step has success criteria the check of the status code is what decides, and
# stays. respect does not print the outputs of a workflow: they are not compared.
set -u
document=$1 workflow=$2 inputs=$3 servers=$4
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true CI=true
set -- respect "$document" --workflow "$workflow" --input "$(cat "$inputs")" \
  --severity SCHEMA_CHECK=off --severity CONTENT_TYPE_CHECK=off
if grep -q successCriteria "$document"; then
  set -- "$@" --severity STATUS_CODE_CHECK=off
fi
for server in $servers; do
  set -- "$@" --server "$server"
done
exec ${REDOCLY:-npx redocly} "$@"
