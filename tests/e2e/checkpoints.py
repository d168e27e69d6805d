"""Small checkpoints for the tests of the command line: reading, writing, and a random one of many shards."""
import json
import os
import random

# High bytes of bfloat16 values between 2^-8 and 2^-5, of both signs.
HIGH = bytes((0x3B, 0x3C, 0x3D, 0xBB, 0xBC, 0xBD)[i % 6] for i in range(256))


def bf16(generator, count):
    """Bytes of `count` random values."""
    data = bytearray(2 * count)
    data[0::2] = generator.randbytes(count)
    data[1::2] = generator.randbytes(count).translate(HIGH)
    return bytes(data)


def write_safetensors(path, tensors):
    """Writes {name: (dtype, shape, bytes)} in this order."""
    header, offset = {}, 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
    write_raw(path, json.dumps(header), b"".join(data for _, _, data in tensors.values()))


def write_raw(path, header, data, length=None):
    """Writes a header text, of which the file says that it has `length` bytes, and the data."""
    text = header.encode() + b" " * (-len(header) % 8)
    with open(path, "wb") as file:
        file.write((len(text) if length is None else length).to_bytes(8, "little") + text + data)


def read_header(path):
    """Header, and the place of the first byte of data. Raises ValueError when the file is not whole."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    end = max(entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__")
    if os.path.getsize(path) != 8 + length + end:
        raise ValueError(f"{path} is not whole")
    return header, 8 + length


def read_tensors(path):
    """{name: (dtype, shape, bytes)}."""
    header, begin = read_header(path)
    with open(path, "rb") as file:
        data = file.read()[begin:]
    return {name: (entry["dtype"], entry["shape"], data[slice(*entry["data_offsets"])])
            for name, entry in header.items() if name != "__metadata__"}


def patch(path, tensor, data, offset=0):
    """Overwrites bytes of a tensor."""
    header, begin = read_header(path)
    with open(path, "r+b") as file:
        file.seek(begin + header[tensor]["data_offsets"][0] + offset)
        file.write(data)


def config(layers, hidden, inner, heads, vocab):
    return {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "dtype": "bfloat16", "hidden_act": "silu",
        "hidden_size": hidden, "intermediate_size": inner, "num_attention_heads": heads, "num_key_value_heads": heads,
        "num_hidden_layers": layers, "vocab_size": vocab, "max_position_embeddings": 512, "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0, "tie_word_embeddings": False, "bos_token_id": 0, "eos_token_id": 1,
    }


def make_random(folder, layers=6, hidden=512, inner=1408, heads=8, vocab=2048):
    """A decoder with random weights: a shard for every layer, one for what stands before and one for what follows."""
    os.makedirs(folder)
    generator = random.Random(0)
    shapes = [{"model.embed_tokens.weight": [vocab, hidden]}]
    for layer in range(layers):
        prefix = f"model.layers.{layer}."
        shapes.append({
            prefix + "input_layernorm.weight": [hidden],
            **{prefix + f"self_attn.{x}_proj.weight": [hidden, hidden] for x in "qkvo"},
            prefix + "post_attention_layernorm.weight": [hidden],
            prefix + "mlp.gate_proj.weight": [inner, hidden],
            prefix + "mlp.up_proj.weight": [inner, hidden],
            prefix + "mlp.down_proj.weight": [hidden, inner],
        })
    shapes.append({"model.norm.weight": [hidden], "lm_head.weight": [vocab, hidden]})
    weight_map = {}
    for number, shard in enumerate(shapes, 1):
        file = f"model-{number:05d}-of-{len(shapes):05d}.safetensors"
        count = {name: shape[0] * (shape[1] if len(shape) > 1 else 1) for name, shape in shard.items()}
        write_safetensors(os.path.join(folder, file),
                          {name: ("BF16", shape, bf16(generator, count[name])) for name, shape in shard.items()})
        weight_map.update({name: file for name in shard})
    with open(os.path.join(folder, "model.safetensors.index.json"), "w") as file:
        json.dump({"metadata": {}, "weight_map": weight_map}, file)
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump(config(layers, hidden, inner, heads, vocab), file)
