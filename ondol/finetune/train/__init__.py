"""Training itself: batches, loss, the one Trainer, its log."""
