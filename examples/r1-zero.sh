#!/bin/sh
# Reinforcement from correctness and form alone, without a demonstration (DeepSeek's R1-Zero), on a small model: problems that
# programs make and check, some of them held out. Beside it the same time spent on fine-tuning: on the right answers, and on
# the model's own answers that are right.
#
#   examples/r1-zero.sh [MODEL]
#
# It needs jq. HEED names the program, OUTPUT the folder of all results, and the variables below how much of each there is;
# NICE=10 leaves the machine to others. What was measured is printed in the end, and stands in OUTPUT/results.txt.
set -eu
heed="nice -n ${NICE:-0} ${HEED:-heed}"
model=${1:-smollm2-135m-instruct}
output=${OUTPUT:-runs/r1-zero}
task=${TASK:-arithmetic}
levels=${LEVELS:-1}
problems=${PROBLEMS:-100}
held_out=${HELD_OUT:-30}
steps=${STEPS:-60}
answers=${ANSWERS:-8}
tokens=${TOKENS:-24}
rate=${RATE:-2e-4}
form='Reply with one sentence: The answer is N.'
# The same request in other words, which nothing is trained on.
other='You are good at sums. Say "The answer is", then the number, and nothing else.'
# The form as a reward. The model takes it now and then; tags, as in R1-Zero, it never writes, and what never happens is
# never rewarded.
shape='regex:pattern=answer is -?[0-9]+\.?$'
mkdir -p "$output"
results=$output/results.txt
: >"$results"

say() { printf '%s\n' "$*" | tee -a "$results"; }

# Answers to problems, by chance, and what they are worth: pass@k with intervals, form, length.
#   measure NAME MODEL
measure() {
    for set in held-out other; do
        file=$output/measured/$1-$set
        mkdir -p "$output/measured"
        $heed sample --model "$2" --prompts "$output/$set.jsonl" --n "$answers" --max-new-tokens "$tokens" \
            --output "$file.jsonl" --force --quiet >/dev/null
        say "$1, $set:"
        $heed score --data "$file.jsonl" --reward "$verifier" "$shape,weight=0" \
            --output "$file-scores.jsonl" --force --quiet | tee -a "$results"
    done
}

# The answers to FILE that are right, as rows to fine-tune on.
#   right FILE SCORES
right() {
    jq -nc --slurpfile scores "$2" '[inputs | .prompt as $prompt | .responses[]
        | {prompt: $prompt, completion: [{role: "assistant", content: .text}]}]
        | to_entries[] | select($scores[.key].score == 1) | .value' "$1"
}

# shellcheck disable=SC2086
{
    $heed tasks "$task" --difficulty $levels --n "$problems" --held-out "$held_out" --system "$form" \
        --output "$output/problems" --force --quiet
    cp "$output/problems/held-out.jsonl" "$output/held-out.jsonl"
    $heed tasks "$task" --difficulty $levels --side held-out --n "$held_out" --system "$other" \
        --output "$output/other.jsonl" --force --quiet
}
train=$output/problems/train.jsonl
verifier=$(jq -r '.verifier' "$train" | head -n 1)

measure before "$model"

# Correctness and a little for the form. Groups whose answers are all right or all wrong are replaced.
began=$(date +%s)
$heed grpo --model "$model" --prompts "$train" --reward "$verifier" "$shape,weight=0.2" \
    --group-size "$answers" --batch-size $((4 * answers)) --refills 2 --max-new-tokens "$tokens" \
    --loss dapo --epsilon-high 0.28 --lora-rank 16 --learning-rate "$rate" --lr-schedule constant \
    --max-steps "$steps" --checkpoint-every 20 --output "$output/grpo" --force --quiet
seconds=$(($(date +%s) - began))
measure grpo "$output/grpo/final"

# As long on the right answers themselves, which reinforcement never saw.
jq -c '{prompt, completion: [{role: "assistant", content: "The answer is \(.answer)."}]}' "$train" \
    >"$output/solutions.jsonl"
timeout -s INT "$seconds" $heed sft --model "$model" --train "$output/solutions.jsonl" --lora-rank 16 \
    --learning-rate "$rate" --lr-schedule constant --epochs 1000 --batch-size 8 --checkpoint-every 50 \
    --output "$output/sft" --force --quiet || [ $? -eq 124 ]
measure sft "$(find "$output/sft" -name 'checkpoint-*' | sort -V | tail -n 1)"

# And as long on the model's own answers that are right: sampled, kept, learned from the beginning, and again.
end=$(($(date +%s) + seconds))
current=$model
round=0
while [ "$(date +%s)" -lt "$end" ]; do
    round=$((round + 1))
    file=$output/rejection/answers-$round
    mkdir -p "$output/rejection"
    $heed sample --model "$current" --prompts "$train" --n "$answers" --max-new-tokens "$tokens" --seed "$round" \
        --output "$file.jsonl" --force --quiet >/dev/null
    $heed score --data "$file.jsonl" --reward "$verifier" --output "$file-scores.jsonl" --force --quiet >/dev/null
    right "$file.jsonl" "$file-scores.jsonl" >"$file-right.jsonl"
    $heed sft --model "$model" --train "$file-right.jsonl" --lora-rank 16 --learning-rate "$rate" --epochs 1 \
        --batch-size 8 --output "$output/rejection/round-$round" --force --quiet >/dev/null
    current=$output/rejection/round-$round/final
done
measure rejection "$current"

say "seconds of training each: $seconds; rounds of rejection: $round"
say "step, right, form, tokens, entropy, groups discarded all right and all wrong:"
jq -r 'select(.step % 10 == 1) | [.step, .["rewards/'"$verifier"'/mean"], .["rewards/regex/mean"],
    .["completions/mean_length"], .entropy, .["refills/all_right"], .["refills/all_wrong"]] | @tsv' \
    "$output/grpo/metrics.jsonl" | tee -a "$results"
say "the first answer of some steps:"
jq -r --argjson last "$steps" 'select(.step == 1 or .step == ($last / 2 | floor) or .step == $last)
    | [.step, (.prompt[-1].content), .responses[0].text, .responses[0].score] | @tsv' \
    "$output/grpo/samples.jsonl" | sort -u -k1,1n | tee -a "$results"
