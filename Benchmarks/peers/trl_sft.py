"""Fine-tunes with TRL's SFTTrainer."""

import training
from trl import SFTConfig, SFTTrainer

options = training.arguments()
clock = training.StepClock()
SFTTrainer(
    model=str(options.model), args=SFTConfig(**training.settings(options)),
    train_dataset=training.rows(options), peft_config=training.adapters(options),
    callbacks=[clock]).train()
clock.report()
