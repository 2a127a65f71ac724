#!/bin/sh
# People's judgments made into a better model: answers, judgments in a real browser, a reward model, DPO, and a blind vote on
# the model before and after. The person is a robot here that likes short answers; open the link yourself to be one.
#
#   examples/label-and-train.sh [MODEL]
#
# HEED and ROBOT name the programs (default: those that `swift build` makes), PROMPTS the questions, OUTPUT
# the folder of all results, and the variables below how much of each there is.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
heed=${HEED:-heed}
robot=${ROBOT:-label-robot}
model=${1:-smollm2-135m-instruct}
output=${OUTPUT:-runs/label-and-train}
prompts=${PROMPTS:-$here/questions.jsonl}
judgments=${JUDGMENTS:-30}
votes=${VOTES:-20}
tokens=${TOKENS:-64}
steps=${STEPS:-30}
mkdir -p "$output"

# Starts the app on a store, lets the robot judge, and ends the app.
#   judged STORE COUNT [flags of heed label]
judged() {
    store=$1 count=$2
    shift 2
    rm -f "$output/app.json"
    "$heed" label --store "$store" --port 0 --json "$@" >"$output/app.json" &
    app=$!
    trap 'kill $app 2>/dev/null || true' EXIT
    until [ -s "$output/app.json" ]; do
        kill -0 $app
        sleep 0.2
    done
    link=$(sed -n 's/.*"url" *: *"\([^"]*\)".*/\1/p' "$output/app.json" | sed 's/\\//g')
    "$robot" "$link" "$count"
    kill $app
    wait $app || true
    trap - EXIT
}

head -n "$judgments" "$prompts" >"$output/questions.jsonl"
tail -n "$votes" "$prompts" >"$output/held-out.jsonl"

"$heed" sample --model "$model" --prompts "$output/questions.jsonl" --n 2 --max-new-tokens "$tokens" \
    --output "$output/answers.jsonl" --quiet
judged "$output/feedback.sqlite" "$judgments" --responses "$output/answers.jsonl" --project short

"$heed" reward --model "$model" --train "$output/feedback.sqlite" --max-steps "$steps" --lora-rank 8 \
    --output "$output/reward" --quiet
"$heed" dpo --model "$model" --train "$output/feedback.sqlite" --max-steps "$steps" --lora-rank 8 \
    --learning-rate 2e-4 --output "$output/dpo" --quiet

# The first call shows people the answers, the second reads what they said.
vote() {
    "$heed" evaluate --models "before=$model" "after=$output/dpo/final" --prompts "$output/held-out.jsonl" \
        --max-new-tokens "$tokens" --people "$output/votes.sqlite" --output "$output/vote" "$@"
}
vote --quiet || [ -e "$output/votes.sqlite" ]
judged "$output/votes.sqlite" 1000
vote
