#!/bin/sh
# A reward model of few judgments, maximised in every way there is, against what was wanted: see the recipe.
#
#   examples/over-optimisation.sh [flags of heed run]
#
# The report is runs/over-optimisation/report.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
exec "${HEED:-heed}" run "$here/../recipes/over-optimisation.yaml" "$@"
