"""ondol: ask your own documents in English and Korean, on your own machine."""
