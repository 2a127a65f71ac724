"""Trains rank-stabilised and weight-decomposed adapters with PEFT and writes down what happened.

    python3 Tests/Fixtures/peft/generate.py        (needs torch, transformers, peft, safetensors)

The base is golden/tiny-llama in float32, the rows are the token ids of golden/sft/completion_only, four a step in order, the
loss is the mean over the tokens that count. Each case folder gets the adapter as PEFT saved it before the first step, after
three steps (`trained/`), and expected.json: `steps` with the loss, `log_probabilities` of the first row's tokens under the
trained adapter, and under the adapter merged by PEFT.
"""
import json
import pathlib
import shutil

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE.parent / "golden"
CASES = {
    "rslora": {"r": 4, "lora_alpha": 8, "use_rslora": True},
    "dora": {"r": 4, "lora_alpha": 8, "use_dora": True},
    "dora_rslora": {"r": 2, "lora_alpha": 4, "use_dora": True, "use_rslora": True},
}
STEPS, ROWS, RATE = 3, 4, 0.01


def base():
    return AutoModelForCausalLM.from_pretrained(GOLDEN / "tiny-llama", dtype=torch.float32)


def loss_of(model, rows):
    total, count = 0, 0
    for row in rows:
        logits = model(torch.tensor([row["input_ids"]])).logits[0, :-1]
        labels = torch.tensor(row["labels"])[1:]
        total = total + torch.nn.functional.cross_entropy(logits, labels, reduction="sum", ignore_index=-100)
        count += int((labels != -100).sum())
    return total / count


@torch.no_grad()
def log_probabilities(model, ids):
    logits = model(torch.tensor([ids])).logits[0].log_softmax(-1)
    return logits[:-1].gather(1, torch.tensor(ids[1:])[:, None])[:, 0].double().tolist()


def save(model, folder):
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    settings = json.loads((folder / "adapter_config.json").read_text())
    settings["base_model_name_or_path"] = "../../tiny-llama"
    (folder / "adapter_config.json").write_text(json.dumps(settings, indent=2, sort_keys=True))


def run(name, settings):
    torch.manual_seed(7)
    targets = ["q_proj", "v_proj", "down_proj"]
    model = get_peft_model(base(), LoraConfig(task_type="CAUSAL_LM", target_modules=targets, **settings))
    with torch.no_grad():  # an adapter that already changes something, magnitudes included
        for key, parameter in model.named_parameters():
            if "lora_B" in key:
                parameter.normal_(0, 0.05)
            if "lora_magnitude" in key:
                parameter.mul_(1 + 0.1 * torch.randn_like(parameter))
    folder = HERE / name
    save(model, folder)
    rows = json.loads((GOLDEN / "sft/completion_only/expected.json").read_text())["prepared_rows"]
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=RATE, weight_decay=0)
    steps = []
    for step in range(STEPS):
        loss = loss_of(model, rows[step * ROWS : (step + 1) * ROWS])
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        steps.append({"step": step + 1, "loss": loss.item(), "grad_norm": norm.item()})
    save(model, folder / "trained")
    ids = rows[0]["input_ids"]
    trained = log_probabilities(PeftModel.from_pretrained(base(), folder / "trained").eval(), ids)
    merged = PeftModel.from_pretrained(base(), folder / "trained").merge_and_unload()
    expected = {
        "settings": settings, "learning_rate": RATE, "steps": steps, "input_ids": ids,
        "log_probabilities": trained, "merged_log_probabilities": log_probabilities(merged, ids),
    }
    (folder / "expected.json").write_text(json.dumps(expected, indent=1))
    print(name, [s["loss"] for s in steps], sum(trained), sum(expected["merged_log_probabilities"]))


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for name, settings in CASES.items():
        run(name, settings)
