"""The numbers of a model that decide its memory and speed, without its weights."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

NEEDED = frozenset({"layers", "hidden", "heads", "kv_heads", "head_dim", "vocab"})
"""Numbers that every decoder has."""
SUMS = frozenset({"stated_parameters", "weight_bytes"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelShape:
    """A decoder as its config or header describes it; 0 where nothing tells."""

    name: str
    architecture: str = ""
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    """Heads that keep keys and values; the mean over layers where they differ."""
    head_dim: int
    vocab: int
    ff: int
    """Width of a dense layer's feed-forward part."""
    context: int = 0
    """Tokens the model was trained to see at once."""
    window: int = 0
    """Tokens a sliding-window layer looks back; 0 without such layers."""
    window_layers: int = 0
    kv_rank: int = 0
    """DeepSeek's latent attention: numbers kept per token instead of keys and values (`kv_lora_rank`)."""
    rope_dim: int = 0
    """Latent attention: numbers of the key that carry the position, kept beside `kv_rank`."""
    q_rank: int = 0
    v_dim: int = 0
    """Width of a value head where it is not `head_dim`."""
    experts: int = 0
    active_experts: int = 0
    shared_experts: int = 0
    expert_ff: int = 0
    dense_layers: int = 0
    """First layers without experts, in a model that has them elsewhere."""
    tied: bool = False
    """Input and output share one embedding matrix."""
    stated_parameters: int = 0
    """Counted from tensors, or told by the publisher; `parameters` prefers it to the sum over the shape."""
    weight_bytes: int = 0
    """Bytes of the weights as they lie there; 0 when only the config is known."""
    quant: str = ""
    """How they are stored there, such as "Q4_K_M" or "BF16"."""
    runtime: Literal["llama.cpp", "hf"] = "llama.cpp"
    """What opens it as it lies there."""

    def __post_init__(self) -> None:
        """Raises ValueError where a number is one that no model has."""
        for field, value in asdict(self).items():
            least = 1 if field in NEEDED else 0
            if isinstance(value, int) and not least <= value < (2**63 if field in SUMS else 2**31):
                raise ValueError(f"{field} is {str(value)[:20]}")
        if self.window_layers > self.layers:
            raise ValueError(f"{self.window_layers} of {self.layers} layers have a window")

    @property
    def parameters(self) -> int:
        return self.stated_parameters or self.counted_parameters

    @property
    def counted_parameters(self) -> int:
        """Matrices and norms; biases are left out (under 0.1 %)."""
        attention = self.layers * self._attention
        return self.embedding_parameters + attention + self._forward(self.experts) + (2 * self.layers + 1) * self.hidden

    @property
    def active_parameters(self) -> int:
        """Those that one token's arithmetic touches: no idle experts, and no table that is only looked up."""
        idle = self._forward(self.experts) - self._forward(self.active_experts)
        table = 0 if self.tied else self.vocab * self.hidden
        return max(1, self.parameters - idle - table)

    @property
    def embedding_parameters(self) -> int:
        return self.vocab * self.hidden * (1 if self.tied else 2)

    @property
    def kv_numbers(self) -> int:
        """Numbers kept per token and layer."""
        if self.kv_rank:
            return self.kv_rank + self.rope_dim
        return self.kv_heads * (self.head_dim + (self.v_dim or self.head_dim))

    @property
    def _attention(self) -> int:
        value = self.v_dim or self.head_dim
        if not self.kv_rank:
            return self.hidden * (self.heads + self.kv_heads) * (self.head_dim + value)
        query = self.heads * self.head_dim
        asked = self.q_rank * (self.hidden + query) if self.q_rank else self.hidden * query
        kept = self.hidden * (self.kv_rank + self.rope_dim)
        spread = self.kv_rank * self.heads * (self.head_dim - self.rope_dim + value)
        return asked + kept + spread + self.heads * value * self.hidden

    def _forward(self, experts: int) -> int:
        """Feed-forward parameters with so many experts in each layer that has them."""
        if not self.experts:
            return self.layers * 3 * self.hidden * self.ff
        routed = 3 * self.hidden * self.expert_ff * (experts + self.shared_experts) + self.hidden * self.experts
        return self.dense_layers * 3 * self.hidden * self.ff + (self.layers - self.dense_layers) * routed
