"""Pages from the web: one, or those that a sitemap lists. Nothing is followed, and what is connected to is checked."""
