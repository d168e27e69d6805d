"""Makes the tiny random models of this folder that have no published counterpart, and the reference outputs.

    python make_models.py            all models
    python make_models.py NAME…      some of them

Needs torch 2.11, transformers 5.17 and safetensors. Models are written in bfloat16; the references are computed from
them in float32 with eager attention: `input_ids` [2, 48], `logits`, and the residual stream behind the first and the
last decoder layer (`hidden.0`, `hidden.last`). `text_only` recomputes the reference of a vision-language model, whose
weights are here already, for a text without images.
"""
import json
import os
import sys

import torch
import transformers
from safetensors.torch import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
VOCABULARY = 128

BASE = dict(vocab_size=VOCABULARY, hidden_size=32, num_attention_heads=4, num_key_value_heads=2, head_dim=16,
            intermediate_size=48, num_hidden_layers=3, max_position_embeddings=64, tie_word_embeddings=False,
            pad_token_id=None, bos_token_id=None, eos_token_id=None)


def base(**changed):
    merged = {**BASE, **changed}
    return {key: value for key, value in merged.items() if value != "drop"}


DELTA = dict(linear_key_head_dim=8, linear_value_head_dim=12, linear_num_key_heads=2, linear_num_value_heads=4,
             linear_conv_kernel_dim=4, num_hidden_layers=4)

MODELS = {
    # Latent attention without a query rank, group-limited routing, yarn.
    "deepseek_v2": ("DeepseekV2", base(
        head_dim="drop", num_key_value_heads=4, q_lora_rank=None, kv_lora_rank=24, qk_nope_head_dim=16,
        qk_rope_head_dim=8, v_head_dim=12, first_k_dense_replace=1, n_routed_experts=8, n_shared_experts=2,
        num_experts_per_tok=3, moe_intermediate_size=16, topk_method="group_limited_greedy", n_group=4, topk_group=2,
        routed_scaling_factor=1.5, norm_topk_prob=False,
        rope_parameters=dict(rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=16,
                             beta_fast=8, beta_slow=1, mscale=0.707, mscale_all_dim=0.707))),
    "glm4_moe": ("Glm4Moe", base(
        attention_bias=True, use_qk_norm=True, n_routed_experts=8, n_shared_experts=1, num_experts_per_tok=3,
        moe_intermediate_size=16, first_k_dense_replace=1, n_group=2, topk_group=1, routed_scaling_factor=1.5,
        norm_topk_prob=True,
        rope_parameters=dict(rope_type="default", rope_theta=10000.0, partial_rotary_factor=0.5))),
    # Chunks of 16 with rope, a layer without rope under a temperature, scores on the experts' inputs.
    "llama4_text": ("Llama4", base(
        num_hidden_layers=4, intermediate_size_mlp=48, intermediate_size=16, num_local_experts=4, num_experts_per_tok=1,
        interleave_moe_layer_step=2, attention_chunk_size=16, no_rope_layers=[1, 1, 1, 0], floor_scale=8, attn_scale=0.3,
        use_qk_norm=True, rope_parameters=dict(rope_type="default", rope_theta=10000.0))),
    "qwen3_next": ("Qwen3Next", base(
        **DELTA, num_experts=8, num_experts_per_tok=3, moe_intermediate_size=16, shared_expert_intermediate_size=24,
        decoder_sparse_step=1, mlp_only_layers=[1], norm_topk_prob=True,
        rope_parameters=dict(rope_type="default", rope_theta=10000.0, partial_rotary_factor=0.5))),
    "qwen3_5_text": ("Qwen3_5", base(
        **DELTA, rope_parameters=dict(rope_type="default", rope_theta=10000.0, partial_rotary_factor=0.5,
                                      mrope_section=[2, 1, 1], mrope_interleaved=True))),
    "qwen3_5_moe_text": ("Qwen3_5Moe", base(
        **DELTA, num_experts=8, num_experts_per_tok=3, moe_intermediate_size=16, shared_expert_intermediate_size=24,
        rope_parameters=dict(rope_type="default", rope_theta=10000.0, partial_rotary_factor=0.5,
                             mrope_section=[2, 1, 1], mrope_interleaved=True))),
    # Every kind of layer; experts in a latent space.
    "nemotron_h": ("NemotronH", base(
        num_hidden_layers=5, layers_block_type=["mamba", "moe", "attention", "mamba", "mlp"], mamba_num_heads=4,
        mamba_head_dim=12, n_groups=2, ssm_state_size=8, conv_kernel=4, chunk_size=16, use_conv_bias=True,
        n_routed_experts=8, n_shared_experts=1, num_experts_per_tok=3, moe_intermediate_size=16, n_group=2, topk_group=1,
        moe_shared_expert_intermediate_size=24, moe_latent_size=16, norm_topk_prob=True, routed_scaling_factor=1.5)),
    # Dynamic scaling in force at 48 tokens; biases everywhere.
    "llama_dynamic": ("Llama", base(
        attention_bias=True, mlp_bias=True, max_position_embeddings=32,
        rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, factor=4.0))),
    # Long factors in force: the text is longer than the original context.
    "phi3_long": ("Phi3", base(
        head_dim="drop", num_hidden_layers=2, original_max_position_embeddings=32, max_position_embeddings=128,
        sliding_window=None,
        rope_parameters=dict(rope_type="longrope", rope_theta=10000.0, short_factor=[1.0 + 0.1 * i for i in range(4)],
                             long_factor=[1.5 + i for i in range(4)], original_max_position_embeddings=32))),
}

# Vision-language models of this folder, run on text alone.
TEXT_ONLY = ["llava", "qwen2_5_vl", "gemma3", "qwen3_vl"]


def randomize(model, seed):
    """Weights large enough that every part of the model changes the logits."""
    torch.manual_seed(seed)
    for name, tensor in list(model.named_parameters()) + list(model.named_buffers()):
        if not tensor.is_floating_point() or "inv_freq" in name:
            continue
        with torch.no_grad():
            if name.endswith("A_log"):
                tensor.copy_(torch.log(torch.rand_like(tensor) * 3 + 0.5))
            elif name.endswith("dt_bias") or "correction_bias" in name:
                tensor.normal_(0, 0.3)
            elif name.endswith(".D") or tensor.dim() == 1 and "norm" in name:
                centred = tensor.abs().max() == 0
                tensor.normal_(0.0 if centred else 1.0, 0.2)
            elif tensor.dim() == 1:
                tensor.normal_(0, 0.1)
            elif "conv1d" in name:
                tensor.normal_(0, 0.4)
            else:
                tensor.normal_(0, 0.25 if "embed" not in name else 1.0)


def decoder_layers(model):
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.ModuleList) and name.endswith("layers") and "vision" not in name and "visual" not in name:
            return module
    raise ValueError("no decoder layers")


def reference(folder, model_class, name):
    model = model_class.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    vocabulary = model.get_input_embeddings().weight.shape[0]
    torch.manual_seed(7)
    ids = torch.randint(2, min(vocabulary, VOCABULARY) - 2, (2, 48))
    kept = {}

    def keep(key):
        def hook(module, inputs, output):
            kept[key] = (output[0] if isinstance(output, tuple) else output).detach().clone().contiguous()
        return hook

    layers = decoder_layers(model)
    layers[0].register_forward_hook(keep("hidden.0"))
    layers[-1].register_forward_hook(keep("hidden.last"))
    with torch.no_grad():
        logits = model(input_ids=ids, use_cache=False).logits.float().contiguous()
    print(name, sum(p.numel() for p in model.parameters()), "parameters, logits", logits.std().item())
    os.makedirs(os.path.join(HERE, "references"), exist_ok=True)
    save_file({"input_ids": ids, "logits": logits, **kept}, os.path.join(HERE, "references", name + ".safetensors"))


def make(name):
    prefix, settings = MODELS[name]
    folder = os.path.join(HERE, name)
    config_class = next(getattr(transformers, prefix + kind) for kind in ("TextConfig", "Config")
                        if hasattr(transformers, prefix + kind))
    model_class = getattr(transformers, prefix + "ForCausalLM")
    model = model_class(config_class(**settings)).eval()
    randomize(model, 11)
    model.to(torch.bfloat16).save_pretrained(folder)
    for extra in ("generation_config.json",):
        if os.path.exists(os.path.join(folder, extra)):
            os.remove(os.path.join(folder, extra))
    reference(folder, model_class, name)


def text_only(name):
    folder = os.path.join(HERE, name)
    with open(os.path.join(folder, "config.json")) as file:
        model_class = getattr(transformers, json.load(file)["architectures"][0])
    reference(folder, model_class, name)


if __name__ == "__main__":
    for wanted in sys.argv[1:] or [*MODELS, *TEXT_ONLY]:
        make(wanted) if wanted in MODELS else text_only(wanted)
