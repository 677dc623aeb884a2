"""Vector stores by name."""

from ondol.registry import Entry

VECTOR_STORES = {
    "faiss": Entry("faiss:open_faiss", about="in a folder of the collection; exact up to 65,536 chunks (default)"),
    "memory": Entry("memory:open_memory", about="kept in this process only, filled again at every start"),
}
