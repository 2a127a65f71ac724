"""Trains on a reward with TRL's GRPOTrainer."""

import training
from trl import GRPOConfig, GRPOTrainer


def brevity(completion_ids, **_):
    """A reward that costs nothing to compute."""
    return [-float(len(set(ids))) for ids in completion_ids]


options = training.arguments()
clock = training.StepClock()
common = training.settings(options)
length = common.pop("max_length")
trainer = GRPOTrainer(
    model=str(options.model), reward_funcs=brevity, train_dataset=training.rows(options),
    args=GRPOConfig(
        num_generations=options.batch_size, max_completion_length=length, shuffle_dataset=False, **common),
    peft_config=training.adapters(options), callbacks=[clock])
trainer.train()
lengths = [entry["completions/mean_length"] for entry in trainer.state.log_history
           if "completions/mean_length" in entry]
clock.report(step_tokens=[options.batch_size * length for length in lengths])
