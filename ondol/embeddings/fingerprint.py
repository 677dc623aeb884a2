"""Which vectors may share an index: those whose fingerprints are equal."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """Everything that decides what number stands in a vector."""

    model: str
    """Spec as people write it, `onnx:multilingual-e5-small`."""
    weights: str
    """SHA-256 of the weight file, and how it was quantised: `1f0c…/int8`."""
    dimension: int
    pooling: str
    normalized: bool
    query_prefix: str = ""
    passage_prefix: str = ""

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Fingerprint:
        return cls(**json.loads(text))

    @property
    def digest(self) -> str:
        """Sixteen hex digits of the SHA-256 of the JSON form."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]
