"""Converts a llama model to GGUF for llama.cpp: gguf_model.py MODEL bf16|q8_0 FILE.

Without a vocabulary: llama.cpp is given token ids.
"""

import json
import sys
from pathlib import Path

import gguf
from safetensors import safe_open

NAMES = {
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
TYPES = {"bf16": gguf.GGMLQuantizationType.BF16, "q8_0": gguf.GGMLQuantizationType.Q8_0}


def gguf_name(name):
    if not name.startswith("model.layers."):
        return {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight",
                "lm_head.weight": "output.weight"}[name]
    _, _, layer, *part, _ = name.split(".")
    return f"blk.{layer}.{NAMES['.'.join(part)]}.weight"


def interleaved(weight, heads):
    """Rows of a projection in llama.cpp's order: the two halves of each head's rotated pairs side by side."""
    rows, columns = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def add_shape(writer, configuration):
    writer.add_block_count(configuration["num_hidden_layers"])
    writer.add_context_length(configuration["max_position_embeddings"])
    writer.add_embedding_length(configuration["hidden_size"])
    writer.add_feed_forward_length(configuration["intermediate_size"])
    writer.add_head_count(configuration["num_attention_heads"])
    writer.add_head_count_kv(configuration["num_key_value_heads"])
    writer.add_rope_dimension_count(configuration["head_dim"])
    writer.add_rope_freq_base(configuration["rope_theta"])
    writer.add_layer_norm_rms_eps(configuration["rms_norm_eps"])
    writer.add_vocab_size(configuration["vocab_size"])
    writer.add_tokenizer_model("no_vocab")


def add_weight(writer, name, weight, configuration, kind):
    if "q_proj" in name:
        weight = interleaved(weight, configuration["num_attention_heads"])
    if "k_proj" in name:
        weight = interleaved(weight, configuration["num_key_value_heads"])
    if weight.ndim == 1:
        writer.add_tensor(gguf_name(name), weight)
    else:
        writer.add_tensor(gguf_name(name), gguf.quantize(weight, kind), raw_dtype=kind)


def main(model, kind, file):
    configuration = json.loads((model / "config.json").read_text())
    writer = gguf.GGUFWriter(file, "llama")
    add_shape(writer, configuration)
    with safe_open(model / "model.safetensors", framework="np") as weights:
        for name in weights.keys():
            add_weight(writer, name, weights.get_tensor(name).astype("float32"), configuration, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


main(Path(sys.argv[1]), TYPES[sys.argv[2]], Path(sys.argv[3]))
