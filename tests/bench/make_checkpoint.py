#!/usr/bin/env python3
"""Writes a decoder-only checkpoint with random bf16 weights, for measurements of time and memory.

usage: make_checkpoint.py OUT [--layers 8] [--hidden 4096] [--inner 14336] [--heads 32] [--kv-heads 8] [--vocab 128256]
                          [--shard-gb 5] [--device cpu]

The defaults are the shape of an 8-billion-parameter model with 8 of its 32 layers. Needs torch.
"""
import argparse
import json
import os

import torch


def tensors(a):
    head = a.hidden // a.heads
    yield "model.embed_tokens.weight", [a.vocab, a.hidden]
    for i in range(a.layers):
        p = f"model.layers.{i}."
        yield p + "input_layernorm.weight", [a.hidden]
        yield p + "self_attn.q_proj.weight", [a.hidden, a.hidden]
        yield p + "self_attn.k_proj.weight", [a.kv_heads * head, a.hidden]
        yield p + "self_attn.v_proj.weight", [a.kv_heads * head, a.hidden]
        yield p + "self_attn.o_proj.weight", [a.hidden, a.hidden]
        yield p + "post_attention_layernorm.weight", [a.hidden]
        yield p + "mlp.gate_proj.weight", [a.inner, a.hidden]
        yield p + "mlp.up_proj.weight", [a.inner, a.hidden]
        yield p + "mlp.down_proj.weight", [a.hidden, a.inner]
    yield "model.norm.weight", [a.hidden]
    yield "lm_head.weight", [a.vocab, a.hidden]


def config(a):
    return {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "dtype": "bfloat16", "hidden_act": "silu",
        "hidden_size": a.hidden, "intermediate_size": a.inner, "num_attention_heads": a.heads,
        "num_key_value_heads": a.kv_heads, "num_hidden_layers": a.layers, "vocab_size": a.vocab,
        "max_position_embeddings": 8192, "rms_norm_eps": 1e-5, "rope_theta": 500000.0, "tie_word_embeddings": False,
        "bos_token_id": 0, "eos_token_id": 1,
    }


def write(path, shard, generator, device):
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in shard:
        size = 2 * torch.Size(shape).numel()
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _, shape in shard:
            x = torch.randn(shape, generator=generator, device=device).mul_(0.02)
            x = x + 1 if len(shape) == 1 else x
            file.write(x.to(torch.bfloat16).cpu().view(torch.int16).numpy().tobytes())


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("out")
    for name, default in [("layers", 8), ("hidden", 4096), ("inner", 14336), ("heads", 32), ("kv-heads", 8), ("vocab", 128256)]:
        p.add_argument("--" + name, type=int, default=default)
    p.add_argument("--shard-gb", type=float, default=5)
    p.add_argument("--device", default="cpu")
    a = p.parse_args()
    os.makedirs(a.out, exist_ok=True)
    shards, size = [[]], 0
    for name, shape in tensors(a):
        n = 2 * torch.Size(shape).numel()
        if size and size + n > a.shard_gb * 1e9:
            shards.append([])
            size = 0
        shards[-1].append((name, shape))
        size += n
    generator = torch.Generator(device=a.device).manual_seed(0)
    index = {"metadata": {}, "weight_map": {}}
    for i, shard in enumerate(shards):
        file = f"model-{i + 1:05d}-of-{len(shards):05d}.safetensors" if len(shards) > 1 else "model.safetensors"
        write(os.path.join(a.out, file), shard, generator, a.device)
        index["weight_map"].update({name: file for name, _ in shard})
    if len(shards) > 1:
        with open(os.path.join(a.out, "model.safetensors.index.json"), "w") as f:
            json.dump(index, f)
    with open(os.path.join(a.out, "config.json"), "w") as f:
        json.dump(config(a), f, indent=2)


if __name__ == "__main__":
    main()
