#!/bin/sh
# A student a tenth of its teacher's size with a tokenizer of its own, from random weights: what the teacher writes is its
# text, and the teacher's probabilities of that text its second lesson (ALM). Beside it the same student on the text alone: on
# as many tokens, and for as many minutes. In the end the three ways to compare across tokenizers, on the same pair of models.
#
#   examples/distill.sh [TEACHER]
#
# It needs jq. HEED names the program, OUTPUT the folder of all results, and the variables below how much of each there is;
# NICE=10 leaves the machine to others. What was measured is printed in the end, and stands in OUTPUT/results.txt.
set -eu
heed="nice -n ${NICE:-0} ${HEED:-heed}"
teacher=${1:-smollm2-135m-instruct}
output=${OUTPUT:-runs/distill}
answers=${ANSWERS:-8}
tokens=${TOKENS:-48}
vocabulary=${VOCABULARY:-2048}
preset=${PRESET:-small}
epochs=${EPOCHS:-2}
base_epochs=${BASE_EPOCHS:-4}
rate=${RATE:-3e-4}
compared=${COMPARED:-128}
end='<|im_end|>'
mkdir -p "$output"
results=$output/results.txt
: >"$results"

say() { printf '%s\n' "$*" | tee -a "$results"; }

# What people ask every day, some of it held out, and what the teacher answers.
cat >"$output/asked.yaml" <<YAML
name: asked
model: $teacher
stages:
  - verb: prompts
    corpus: everyday
    system: You are a friendly assistant. Answer in one short sentence.
    held_out_fraction: 0.3
${PROMPTS:+    train: $PROMPTS
    held_out: $PROMPTS}
  - name: answers
    verb: sample
    prompts: \${prompts.train}
    n: $answers
    max_new_tokens: $tokens
  - name: held-out-answers
    verb: sample
    prompts: \${prompts.held-out}
    n: 2
    max_new_tokens: $tokens
YAML
$heed run "$output/asked.yaml" --output "$output/asked" --quiet >/dev/null
rows='.prompt as $p | .responses[] | select(.finish == "stop" and .text != "")
    | {prompt: $p, completion: [{role: "assistant", content: .text}]}'
jq -c "$rows" "$output/asked/answers.jsonl" >"$output/train.jsonl"
jq -c "$rows" "$output/asked/held-out-answers.jsonl" >"$output/held-out.jsonl"
jq -c '{text: ([.prompt[-1].content, .completion[0].content] | join("\n"))}' "$output/train.jsonl" >"$output/plain.jsonl"

# The student: its tokenizer, whose first special token is the end of everything, of answers too, and what both arms begin with.
$heed tokenizer train --train "$output/plain.jsonl" --vocab-size "$vocabulary" \
    --special-tokens "$end" '<|im_start|>' --chat-template chatml \
    --output "$output/tokenizer" --force --quiet >/dev/null
$heed pretrain --train "$output/plain.jsonl" --tokenizer "$output/tokenizer" --preset "$preset" --max-length 256 \
    --batch-size 16 --epochs "$base_epochs" --document-token "$end" --shards "$output/shards" --output "$output/start" --force --quiet >/dev/null

# Trains an arm; seconds are those of training.
#   train NAME VERB FLAGS…
train() {
    arm=$1
    shift
    $heed "$@" --model "$output/start/final" --train "$output/train.jsonl" --eval "$output/held-out.jsonl" \
        --eval-every 50 --batch-size 16 --learning-rate "$rate" --lr-schedule constant --no-shuffle \
        --output "$output/$arm" --force --quiet >/dev/null
}
seconds() { jq -s 'last.seconds | ceil' "$output/$1/metrics.jsonl"; }

train distilled distill --teacher "$teacher" --alignment alm --epochs "$epochs"
train text sft --epochs "$epochs"
# As many minutes as distillation had, on text alone: the epochs that fit into them.
train minutes sft --epochs "$(jq -n "($(seconds distilled) / $(seconds text) * $epochs) | ceil")"

# Bits per byte of the held-out answers, their ends included, and how far the log-probability of a whole answer is from the
# teacher's, per byte: neither depends on how a tokenizer cuts.
#   measure NAME MODEL
measure() {
    $heed score --model "$2" --data "$output/held-out.jsonl" --output "$output/scores-$1.jsonl" --force --quiet >/dev/null
    jq -n -r --slurpfile rows "$output/held-out.jsonl" --slurpfile own "$output/scores-$1.jsonl" \
        --slurpfile teacher "$output/scores-teacher.jsonl" --arg name "$1" '
        ($rows | map(.completion[0].content | utf8bytelength) | add) as $bytes
        | ($own | map(.sum_logprob)) as $a | ($teacher | map(.sum_logprob)) as $b
        | [$name, (-($a | add) / $bytes / (2 | log)),
            ([range($a | length) | ($a[.] - $b[.]) | fabs] | add) / $bytes / (2 | log)]
        | @tsv' | tee -a "$results"
}
say "model, bits per byte, |difference to the teacher's| in bits per byte, on $(wc -l <"$output/held-out.jsonl") held-out answers:"
measure teacher "$teacher"
for arm in start distilled text minutes; do measure "$arm" "$output/$arm/final"; done
say "weights: $(du -Lk "$output/start/final/model.safetensors" | cut -f1) KiB, seconds of training: distilled $(seconds distilled), text $(seconds text), minutes $(seconds minutes)"
say "tokens of the student in training: distilled $(jq -s 'last.tokens' "$output/distilled/metrics.jsonl"), as many minutes of text $(jq -s 'last.tokens' "$output/minutes/metrics.jsonl")"

# Who wins: answers to held-out prompts, judged by the quickstart's wishes, against the text arm.
$heed evaluate --models "text=$output/text/final" "distilled=$output/distilled/final" "minutes=$output/minutes/final" "teacher=$teacher" \
    --prompts "$output/asked/prompts/held-out.jsonl" --n 2 --temperature 0.7 --top-k 50 --max-new-tokens "$tokens" \
    --judge to-the-point:weight=1.5 warm attentive:weight=0.7 concise:enough=35,unfinished=0,repetition=0 \
    --training-runs "distilled=$output/distilled" "text=$output/text" \
    --output "$output/report" --force --quiet >/dev/null
say "arm, win rate against the same tokens of text (95 %), score, ended by itself, distinct-2:"
jq -r '.arms[] | [.name, .win_rate.mean, .win_rate.low, .win_rate.high, .score.mean, .eos_rate, .distinct_2] | @tsv' \
    "$output/report/report.json" | tee -a "$results"
say "the first held-out prompts:"
jq -r '.arms[] | .name as $n | .samples[:3][] | [$n, .prompt, .text] | @tsv' "$output/report/report.json" | tee -a "$results"

say "held-out nats per token of the student's, by step (distilled, text):"
for arm in distilled text; do
    jq -r --arg arm "$arm" 'select(.eval_loss) | [$arm, .step, (.eval_nll_loss // .eval_loss)] | @tsv' \
        "$output/$arm/metrics.jsonl" | tee -a "$results"
done

# The three alignments, each alone, on the same rows from the same start.
head -n "$compared" "$output/train.jsonl" >"$output/compared.jsonl"
say "alignment alone, $compared rows once: bits per byte and difference as above"
for alignment in alm gold uld; do
    $heed distill --teacher "$teacher" --alignment "$alignment" --model "$output/start/final" \
        --train "$output/compared.jsonl" --batch-size 16 --epochs 1 --learning-rate "$rate" --lr-schedule constant \
        --no-shuffle --output "$output/$alignment" --force --quiet >/dev/null
    measure "$alignment" "$output/$alignment/final"
    say "$alignment: $(seconds "$alignment") seconds"
done
