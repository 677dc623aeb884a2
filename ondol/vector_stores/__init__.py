"""Vector stores by name."""

from ondol.registry import Entry

VECTOR_STORES = {
    "chroma": Entry("chroma:open_chroma", extra="chroma", about="Chroma, in a folder or on a server (chroma:http://…)"),
    "faiss": Entry("faiss:open_faiss", about="in a folder of the collection; exact up to 65,536 chunks (default)"),
    "memory": Entry("memory:open_memory", about="kept in this process only, filled again at every start"),
}
