"""How good search is, measured: questions, judgements, metrics, intervals, reports, and sets of one's own."""
