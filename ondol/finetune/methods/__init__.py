"""What is learnt of a network: `prepare(network, config, tokenizer, first) -> network`."""
