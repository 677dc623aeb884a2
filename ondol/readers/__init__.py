"""Readers by runtime: they find the words that answer a question in a text, `onnx:FOLDER`."""

from ondol.registry import Entry

READERS = {
    "fake": Entry("fake:open_fake", about="words that the question does not say, for tests and for trying things"),
    "onnx": Entry("onnx:open_onnx", about="span models of the BERT family on ONNX Runtime, int8"),
}
