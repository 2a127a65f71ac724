#!/bin/sh
# A reward model of human ratings, measured on people whose ratings it has not seen and compared with length alone.
#
#   examples/human-ratings.sh [flags of heed run]
#
# The ratings are those of the package chitchat-dataset (MIT), fetched once. The report is runs/human-ratings/report.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
exec "${HEED:-heed}" run "$here/../recipes/human-ratings.yaml" "$@"
