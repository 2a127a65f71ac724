#!/bin/sh
# Rejection sampling in four rounds, as Llama 2 did it, and PPO on top: see the recipe.
#
#   examples/llama2-rejection.sh [flags of heed run]
#
# The report is runs/llama2-rejection/report; runs/llama2-rejection/rejection/round-N/best-of-n.svg is their figure 7.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
exec "${HEED:-heed}" run "$here/../recipes/llama2-rejection.yaml" "$@"
