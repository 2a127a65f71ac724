#!/bin/sh
# A reward of your own in shell: 1 for an answer that ended by itself, -1 for one that was cut off. A line of JSON comes for
# each answer, in which `id` is always first, and a line must go back before the next, until our input ends.
#
#   heed grpo --model smollm2-135m-instruct --prompts prompts.jsonl --reward program:examples/rewards/ends.sh …
while IFS= read -r line; do
    id=${line#'{"id":'} id=${id%%,*} reward=1
    case $line in *'"ended":false'*) reward=-1 ;; esac
    printf '{"id":%s,"reward":%s}\n' "$id" "$reward"
done
