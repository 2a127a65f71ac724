"""What the programs that train with TRL share."""

import argparse
import json
import time
from pathlib import Path

import datasets
from peft import LoraConfig
from transformers import TrainerCallback


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--max-length", type=int, required=True)
    parser.add_argument("--max-steps", type=int, required=True)
    parser.add_argument("--precision", choices=("bf16", "fp32"), default="bf16", help="of products")
    parser.add_argument("--lora-rank", type=int)
    parser.add_argument(
        "--keep-activations", action="store_true", help="rather than compute them again, as TRL does by default")
    parser.add_argument("--device", default="cpu", help="cpu, or whatever else accelerate finds")
    return parser.parse_args()


def settings(options):
    """TRL's own: weights in fp32, whatever they are multiplied in."""
    return dict(
        output_dir=str(options.output), max_steps=options.max_steps, max_length=options.max_length,
        per_device_train_batch_size=options.batch_size, use_cpu=options.device == "cpu",
        bf16=options.precision == "bf16",
        gradient_checkpointing=not options.keep_activations,
        model_init_kwargs={"dtype": "float32"}, save_strategy="no", report_to="none", logging_steps=1,
        disable_tqdm=True)


def rows(options):
    return datasets.Dataset.from_json(str(options.train), cache_dir=str(options.output / "cache"))


def adapters(options):
    if options.lora_rank is None:
        return None
    return LoraConfig(
        r=options.lora_rank, lora_alpha=32, lora_dropout=0.0, target_modules="all-linear",
        task_type="CAUSAL_LM")


class StepClock(TrainerCallback):
    """Takes the time of every optimizer step."""

    def __init__(self):
        self.seconds = []

    def on_train_begin(self, *_, **__):
        self.last = time.perf_counter()

    def on_step_end(self, *_, **__):
        now = time.perf_counter()
        self.seconds.append(now - self.last)
        self.last = now

    def report(self, **more):
        print(json.dumps({"step_seconds": self.seconds, **more}))
