#!/usr/bin/env python3
"""Writes tiny random checkpoints, one a folder, of classes for which there is no other example of tensor names.

usage: make_models.py OUT        (needs torch and transformers 5; `lcr tree OUT/NAME -o NAME.json` makes the snapshots)
"""
import os
import sys

import torch
import transformers as t

TEXT = dict(vocab_size=128, hidden_size=64, intermediate_size=96, num_hidden_layers=3, num_attention_heads=4,
            num_key_value_heads=2, max_position_embeddings=256, pad_token_id=None, bos_token_id=1, eos_token_id=2)
EXPERTS = dict(moe_intermediate_size=32, num_experts_per_tok=2)


def deepseek_v2():
    return t.DeepseekV2ForCausalLM(t.DeepseekV2Config(**(TEXT | EXPERTS | dict(
        num_key_value_heads=4, n_routed_experts=8, n_shared_experts=2, first_k_dense_replace=1, q_lora_rank=None,
        kv_lora_rank=32, qk_nope_head_dim=16, qk_rope_head_dim=8, v_head_dim=16, topk_method="greedy", n_group=1,
        topk_group=1))))


def glm4_moe():
    return t.Glm4MoeForCausalLM(t.Glm4MoeConfig(**(TEXT | EXPERTS | dict(
        head_dim=16, n_routed_experts=8, n_shared_experts=1, first_k_dense_replace=1, use_qk_norm=True,
        num_nextn_predict_layers=0))))


def qwen3_next():
    return t.Qwen3NextForCausalLM(t.Qwen3NextConfig(**(TEXT | EXPERTS | dict(
        num_hidden_layers=4, head_dim=16, num_experts=8, shared_expert_intermediate_size=32, linear_key_head_dim=16,
        linear_value_head_dim=16, linear_num_key_heads=2, linear_num_value_heads=4))))


def llama4():
    text = TEXT | dict(num_hidden_layers=4, head_dim=16, num_local_experts=4, num_experts_per_tok=1,
                       intermediate_size_mlp=128, interleave_moe_layer_step=2)
    vision = dict(hidden_size=32, intermediate_size=128, num_hidden_layers=1, num_attention_heads=2, image_size=28,
                  patch_size=14, projector_input_dim=32, projector_output_dim=32, vision_output_dim=32)
    return t.Llama4ForConditionalGeneration(t.Llama4Config(text_config=text, vision_config=vision))


def qwen3_5():
    text = TEXT | dict(num_hidden_layers=4, head_dim=16, linear_key_head_dim=16, linear_value_head_dim=16,
                       linear_num_key_heads=2, linear_num_value_heads=4)
    vision = dict(depth=1, hidden_size=32, intermediate_size=48, num_heads=2, out_hidden_size=64,
                  num_position_embeddings=16, patch_size=8)
    return t.Qwen3_5ForConditionalGeneration(t.Qwen3_5Config(text_config=text, vision_config=vision))


def qwen3_5_moe():
    text = TEXT | EXPERTS | dict(num_hidden_layers=4, head_dim=16, linear_key_head_dim=16, linear_value_head_dim=16,
                                 linear_num_key_heads=2, linear_num_value_heads=4, num_experts=4,
                                 shared_expert_intermediate_size=32)
    vision = dict(depth=1, hidden_size=32, intermediate_size=48, num_heads=2, out_hidden_size=64,
                  num_position_embeddings=16, patch_size=8)
    return t.Qwen3_5MoeForConditionalGeneration(t.Qwen3_5MoeConfig(text_config=text, vision_config=vision))


def nemotron_h():
    return t.NemotronHForCausalLM(t.NemotronHConfig(**(TEXT | dict(
        num_hidden_layers=4, layers_block_type=["mamba", "moe", "attention", "mlp"], head_dim=16, mamba_num_heads=4, mamba_head_dim=16,
        n_groups=2, ssm_state_size=16, n_routed_experts=4, moe_intermediate_size=32,
        moe_shared_expert_intermediate_size=32, num_experts_per_tok=2, num_nextn_predict_layers=0))))


def mistral3():
    text = dict(model_type="mistral", head_dim=16, sliding_window=None, **TEXT)
    vision = dict(model_type="pixtral", hidden_size=32, intermediate_size=48, num_hidden_layers=1,
                  num_attention_heads=2, image_size=32, patch_size=8)
    return t.Mistral3ForConditionalGeneration(t.Mistral3Config(text_config=text, vision_config=vision))


def whisper():
    return t.WhisperForConditionalGeneration(t.WhisperConfig(
        vocab_size=128, d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=64, decoder_ffn_dim=64, num_mel_bins=8, max_source_positions=32,
        max_target_positions=32, pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1))


def main():
    torch.manual_seed(0)
    for make in (deepseek_v2, glm4_moe, qwen3_next, llama4, qwen3_5, qwen3_5_moe, nemotron_h, mistral3, whisper):
        try:
            model = make().to(torch.bfloat16)
        except Exception as error:  # another version of the library: say so and go on
            print(f"{make.__name__}: {error}", file=sys.stderr)
            continue
        model.save_pretrained(os.path.join(sys.argv[1], make.__name__))


if __name__ == "__main__":
    main()
