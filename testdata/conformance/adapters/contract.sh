#!/bin/sh
# Runs one case of the conformance suite, and adds to the file LOG a line with the case and
# what is found in it where the server's answers are held against the description: by
# gobelin (GOBELIN is its command), or with WHO=respect by Redocly's respect (REDOCLY is
# that of @redocly/cli).
#
#   gobelin conformance -q --exec 'adapters/contract.sh {case} {document} {workflow} {inputs} {servers}'
set -u
case=$1 document=$2 workflow=$3 inputs=$4
shift 4
if [ "${WHO:-gobelin}" = gobelin ]; then
  set -- run "$document" "$workflow" --inputs "$inputs" --loop-delay 0 --contract=warn $(printf ' --server %s' "$@")
  said=$(${GOBELIN:-gobelin} "$@" 2>&1) && code=0 || code=$?
  found=$(echo "$said" | grep -o '\[contract-[a-z-]*\]' | grep -v unjudged)
else
  export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true CI=true
  set -- respect "$document" --workflow "$workflow" --input "$(cat "$inputs")" $(printf ' --server %s' "$@")
  said=$(${REDOCLY:-npx redocly} "$@" 2>&1) && code=0 || code=$?
  found=$(echo "$said" | grep -o '✗ [a-z -]* check' | cut -c5-)
fi
echo "$case: $(echo "$found" | sort -u | tr '\n' ' ')" >> "$LOG"
exit $code
