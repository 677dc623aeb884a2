"""Encoders of the BERT family on ONNX Runtime, int8, without torch: what embedders and rerankers share."""
