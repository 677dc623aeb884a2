"""The page's own routes, under /api: JSON in, JSON out."""
