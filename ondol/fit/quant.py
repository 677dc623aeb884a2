"""Bits per weight of llama.cpp's formats, mixes included."""

from __future__ import annotations

from dataclasses import dataclass

from ondol.errors import NotFound
from ondol.fit.shape import ModelShape
from ondol.registry import nearest


@dataclass(frozen=True, slots=True)
class Quant:
    """A mix: most matrices in `main` bits, some and the output matrix in `better`."""

    main: float
    better: float
    share: float = 0.0
    """Part of the layers' weights in the better format."""

    def bits(self, shape: ModelShape) -> tuple[float, float, float]:
        """Bits of a layer's weight, of the input table's and of the output matrix's."""
        main, better = self.main, self.better
        if shape.hidden % 256:  # k-quants pack 256 in a block; rows that do not divide take the older formats
            main, better = (FALLBACK.get(bits, bits) for bits in (main, better))
        return main + self.share * (better - main), better if shape.tied else main, better


# Shares are fitted to the sizes that llama.cpp lists for Llama 3.1 8B. Source: llama.cpp tools/quantize/README.md
QUANTS = {
    "F32": Quant(32, 32),
    "BF16": Quant(16, 16),
    "F16": Quant(16, 16),
    "Q8_0": Quant(8.5, 8.5),
    "Q6_K": Quant(6.5625, 6.5625),
    "Q5_K_M": Quant(5.5, 6.5625, 0.141),
    "Q5_K_S": Quant(5.5, 6.5625, 0.015),
    "Q5_0": Quant(5.5, 6.5625),
    "Q4_K_M": Quant(4.5, 6.5625, 0.143),
    "Q4_K_S": Quant(4.5, 6.5625, 0.02),
    "Q4_1": Quant(5.0, 6.5625),
    "Q4_0": Quant(4.5, 6.5625, 0.014),
    "MXFP4": Quant(4.25, 8.5, 0.03),
    "IQ4_NL": Quant(4.5, 6.5625, 0.02),
    "IQ4_XS": Quant(4.25, 6.5625, 0.029),
    "Q3_K_L": Quant(3.4375, 6.5625, 0.232),
    "Q3_K_M": Quant(3.4375, 6.5625, 0.132),
    "Q3_K_S": Quant(3.4375, 6.5625),
    "IQ3_M": Quant(3.4375, 6.5625, 0.043),
    "IQ3_XXS": Quant(3.0625, 5.5, 0.03),
    "Q2_K": Quant(2.625, 6.5625, 0.081),
    "IQ2_M": Quant(2.5625, 5.5, 0.031),
}
FALLBACK = {6.5625: 8.5, 5.5: 6.0, 4.5: 5.5, 4.25: 4.5, 3.4375: 4.5, 3.0625: 4.5, 2.625: 4.5, 2.5625: 4.5}
"""Q6_K → Q8_0, Q5_K → Q5_1, Q4_K → Q5_0, the smaller ones → IQ4_NL. Source: llama.cpp, llama-quant.cpp"""
SMALLER = ("Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "IQ4_XS", "Q3_K_M", "IQ3_XXS", "Q2_K", "IQ2_M")
"""What is offered where the asked one does not fit, the best first."""
KV_BYTES = {"f32": 4.0, "f16": 2.0, "bf16": 2.0, "q8_0": 34 / 32, "q5_1": 24 / 32, "q5_0": 22 / 32, "q4_1": 20 / 32,
            "q4_0": 18 / 32, "iq4_nl": 18 / 32}  # fmt: skip
"""Bytes of a number in the KV cache."""


def find_quant(name: str) -> Quant:
    """Raises: NotFound, with the nearest known name."""
    known = name.upper()
    if known not in QUANTS:
        close = nearest(known, list(QUANTS))
        raise NotFound(
            "No quantisation is called '{name}'.",
            hint="Did you mean '{close}'? Known: {known}." if close else "Known: {known}.",
            name=name, close=close, known=", ".join(QUANTS),
        )  # fmt: skip
    return QUANTS[known]


def weight_bytes(shape: ModelShape, quant: str = "") -> int:
    """Bytes of the weights: as they lie there, or as `quant` would make them."""
    if shape.weight_bytes and not quant:
        return shape.weight_bytes
    layer, table, output = find_quant(quant or "Q4_K_M").bits(shape)
    one = shape.vocab * shape.hidden
    embedded = one * output if shape.tied else one * (table + output)
    return int((embedded + (shape.parameters - shape.embedding_parameters) * layer) / 8)


def active_bytes(shape: ModelShape, quant: str = "") -> float:
    """Bytes of the weights that one token reads."""
    return weight_bytes(shape, quant) * shape.active_parameters / shape.parameters
