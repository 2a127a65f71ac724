"""Trains on comparisons with TRL's DPOTrainer."""

import training
from trl import DPOConfig, DPOTrainer

options = training.arguments()
clock = training.StepClock()
DPOTrainer(
    model=str(options.model), args=DPOConfig(**training.settings(options)),
    train_dataset=training.rows(options), peft_config=training.adapters(options),
    callbacks=[clock]).train()
clock.report()
